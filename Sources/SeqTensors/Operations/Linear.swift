public import SeqKernels

extension Tensor {
  /// A linear map of every row, and an activation: `f(x Wᵀ + b)`.
  ///
  /// In inference the product runs on packed weights and a row's bits do not depend on the others.
  ///
  /// - Shapes: `self` `[rows, input]`, `weight` `[output, input]`, `bias` `[output]`, returns
  ///   `[rows, output]`.
  public func linear(
    weight: Parameter, bias: Parameter? = nil, activation: Activation = .identity
  ) -> Tensor {
    require(
      shape.rank == 2 && weight.shape.rank == 2,
      "linear: \(shape) × \(weight.shape)ᵀ, not matrices")
    require(
      weight.shape[1] == columns,
      "linear: \(shape) × \(weight.shape)ᵀ, inner sizes \(columns) and \(weight.shape[1]) differ")
    require(
      bias.map { $0.shape.count == weight.shape[0] } ?? true,
      "linear: weight \(weight.shape) and bias \(bias?.shape ?? []), output sizes differ")
    return context.isTraining
      ? recordedLinear(weight, bias, activation) : packedLinear(weight, bias, activation)
  }

  private func packedLinear(_ weight: Parameter, _ bias: Parameter?, _ activation: Activation)
    -> Tensor
  {
    let output = weight.shape[0]
    let storage = context.allocate([rows, output])
    if rows > 0 {
      context.multiplyPacked(
        pointer, rows: rows, by: weight, bias: bias, relu: activation == .relu,
        into: storage.pointer)
      if activation != .relu && activation != .identity {
        Kernels.biasActivation(
          storage.pointer, bias: nil, activation, into: storage.pointer, rows: rows,
          columns: output)
      }
    }
    return Tensor(storage, shape: [rows, output], sequences: sequences, context: context)
  }

  private func recordedLinear(_ weight: Parameter, _ bias: Parameter?, _ activation: Activation)
    -> Tensor
  {
    let (rows, input, output) = (rows, columns, weight.shape[0])
    let result = context.allocate([rows, output])
    var argument = result
    if rows > 0 {
      context.multiply(
        pointer, stride: input, by: weight.pointer, stride: input, rightTransposed: true,
        into: result.pointer, stride: output, rows: rows, columns: output, inner: input)
      if activation.savesArgument {
        argument = context.allocate([rows, output])
        Kernels.biasActivation(
          result.pointer, bias: bias?.pointer, .identity, into: argument.pointer, rows: rows,
          columns: output)
        Kernels.biasActivation(
          argument.pointer, bias: nil, activation, into: result.pointer, rows: rows,
          columns: output)
      } else if bias != nil || activation != .identity {
        Kernels.biasActivation(
          result.pointer, bias: bias?.pointer, activation, into: result.pointer, rows: rows,
          columns: output)
      }
    }
    let saved = argument
    return context.record(
      "linear", result, shape: [rows, output], sequences: sequences, inputs: [self],
      hasParameters: true, changesGradient: activation != .identity
    ) { flow, dy in
      guard rows > 0 else { return }
      // z = x Wᵀ + b, y = f(z):  dz = dy·f′(z),  db = Σ dz,  dW = dzᵀ x,  dx = dz W
      if activation != .identity {
        Kernels.biasActivationBackward(
          dy.pointer, saved: saved.pointer, activation, into: dy.pointer,
          biasGradient: bias.map { flow.gradient(of: $0) }, rows: rows, columns: output)
      } else if let bias {
        Kernels.accumulateColumns(
          dy.pointer, into: flow.gradient(of: bias), rows: rows, columns: output)
      }
      flow.context.accumulateGradient(
        dy.pointer, by: pointer, into: flow.gradient(of: weight), rows: output, columns: input,
        inner: rows)
      flow.accumulate(into: place) { gradient, accumulate in
        flow.context.multiply(
          dy.pointer, stride: output, by: weight.pointer, stride: input, into: gradient,
          stride: input, rows: rows, columns: input, inner: output, accumulate: accumulate)
      }
    }
  }

  /// The product of two matrices.
  ///
  /// - Shapes: `self` `[rows, inner]`, `other` `[inner, columns]`, returns `[rows, columns]`.
  public func matrixProduct(_ other: Tensor) -> Tensor {
    require(
      shape.rank == 2 && other.shape.rank == 2,
      "matrix product: \(shape) × \(other.shape), not matrices")
    require(
      columns == other.rows,
      "matrix product: \(shape) × \(other.shape), inner sizes \(columns) and \(other.rows) differ")
    let (rows, inner, columns) = (rows, columns, other.columns)
    require(
      rows > 0 && inner > 0 && columns > 0,
      "matrix product: \(shape) × \(other.shape), an extent is zero")
    let storage = context.allocate([rows, columns])
    context.multiply(
      pointer, stride: inner, by: other.pointer, stride: columns, into: storage.pointer,
      stride: columns, rows: rows, columns: columns, inner: inner)
    return context.record(
      "matrix product", storage, shape: [rows, columns], sequences: sequences,
      inputs: [self, other]
    ) { flow, dy in
      // C = A B:  dA = dC Bᵀ,  dB = Aᵀ dC
      flow.accumulate(into: place) { gradient, accumulate in
        flow.context.multiply(
          dy.pointer, stride: columns, by: other.pointer, stride: columns, rightTransposed: true,
          into: gradient, stride: inner, rows: rows, columns: inner, inner: columns,
          accumulate: accumulate)
      }
      flow.accumulate(into: other.place) { gradient, accumulate in
        flow.context.multiply(
          pointer, stride: inner, leftTransposed: true, by: dy.pointer, stride: columns,
          into: gradient, stride: columns, rows: inner, columns: columns, inner: rows,
          accumulate: accumulate)
      }
    }
  }
}
