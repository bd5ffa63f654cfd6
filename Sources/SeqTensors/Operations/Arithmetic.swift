internal import SeqKernels

extension Tensor {
  /// Adds element by element.
  ///
  /// - Precondition: The shapes are equal.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    let places = (left.place, right.place)
    return elementwise("sum", left, right, Kernels.add) { flow, dy in
      // d(a + b) = da + db
      flow.pass(dy, to: places.0)
      flow.pass(dy, to: places.1)
    }
  }

  /// Subtracts element by element.
  ///
  /// - Precondition: The shapes are equal.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    let places = (left.place, right.place)
    let count = left.shape.count
    return elementwise("difference", left, right, Kernels.subtract) { flow, dy in
      // d(a − b) = da − db
      flow.pass(dy, to: places.0)
      flow.accumulate(into: places.1) { gradient, accumulate in
        if accumulate {
          Kernels.accumulate(dy.pointer, times: -1, into: gradient, count: count)
        } else {
          Kernels.scale(dy.pointer, by: -1, into: gradient, count: count)
        }
      }
    }
  }

  /// Multiplies element by element; ``matrixProduct(_:)`` is the other product.
  ///
  /// - Precondition: The shapes are equal.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    elementwise("elementwise product", left, right, Kernels.multiply) { flow, dy in
      // d(a·b) = b·da + a·db
      for (input, other) in [(left, right), (right, left)] {
        flow.accumulate(into: input.place) { gradient, accumulate in
          if accumulate {
            Kernels.accumulateProduct(
              dy.pointer, other.pointer, into: gradient, count: left.shape.count)
          } else {
            Kernels.multiply(dy.pointer, other.pointer, into: gradient, count: left.shape.count)
          }
        }
      }
    }
  }

  /// Every element times a number.
  public static func * (factor: Float, tensor: Tensor) -> Tensor {
    let storage = tensor.context.allocate(tensor.shape)
    let count = tensor.shape.count
    let place = tensor.place
    Kernels.scale(tensor.pointer, by: factor, into: storage.pointer, count: count)
    return tensor.context.record(
      "scaling", storage, shape: tensor.shape, sequences: tensor.sequences, inputs: [tensor]
    ) { flow, dy in
      // d(f·x) = f·dx
      flow.accumulate(into: place) { gradient, accumulate in
        if accumulate {
          Kernels.accumulate(dy.pointer, times: factor, into: gradient, count: count)
        } else {
          Kernels.scale(dy.pointer, by: factor, into: gradient, count: count)
        }
      }
    }
  }

  /// The sum of all elements, a scalar; taken in double precision.
  public func sum() -> Tensor {
    let storage = context.allocate(.scalar)
    let (place, count) = (place, shape.count)
    storage.pointer[0] = Float(Kernels.sum(pointer, count: count))
    return context.record(
      "sum of elements", storage, shape: .scalar, sequences: nil, inputs: [self]
    ) { flow, dy in
      // ∂Σx / ∂xᵢ = 1
      let upstream = dy.pointer[0]
      flow.accumulate(into: place) { gradient, accumulate in
        if accumulate {
          for index in 0..<count { gradient[index] += upstream }
        } else {
          Kernels.fill(gradient, count: count, value: upstream)
        }
      }
    }
  }

  /// The mean of all elements, a scalar.
  ///
  /// - Precondition: There is at least one.
  public func mean() -> Tensor {
    require(shape.count > 0, "mean: \(shape), no elements")
    return 1 / Float(shape.count) * sum()
  }

  private static func elementwise(
    _ name: String, _ left: Tensor, _ right: Tensor,
    _ kernel: (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
    ) -> Void,
    pullback: @escaping (Backward, Storage) -> Void
  ) -> Tensor {
    require(
      left.shape == right.shape, "\(name): \(left.shape) and \(right.shape), shapes differ")
    let storage = left.context.allocate(left.shape)
    kernel(left.pointer, right.pointer, storage.pointer, left.shape.count)
    return left.context.record(
      name, storage, shape: left.shape, sequences: left.sequences ?? right.sequences,
      inputs: [left, right], pullback: pullback)
  }
}
