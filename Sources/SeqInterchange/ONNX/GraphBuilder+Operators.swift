internal import SeqProtobufs

// The operators of ONNX that models are made of, under the names that they have here.
extension GraphBuilder {
  func add(_ a: GraphValue, _ b: GraphValue) -> GraphValue { apply("Add", [a, b]) }
  func subtract(_ a: GraphValue, _ b: GraphValue) -> GraphValue { apply("Sub", [a, b]) }
  func multiply(_ a: GraphValue, _ b: GraphValue) -> GraphValue { apply("Mul", [a, b]) }
  func multiply(_ a: GraphValue, _ factor: Float) -> GraphValue {
    factor == 1 ? a : multiply(a, constant(factor))
  }
  func divide(_ a: GraphValue, _ b: GraphValue) -> GraphValue { apply("Div", [a, b]) }
  func product(_ a: GraphValue, _ b: GraphValue) -> GraphValue { apply("MatMul", [a, b]) }
  func tanh(_ x: GraphValue) -> GraphValue { apply("Tanh", [x]) }
  func sigmoid(_ x: GraphValue) -> GraphValue { apply("Sigmoid", [x]) }

  /// True where either is.
  func either(_ a: GraphValue, _ b: GraphValue) -> GraphValue { apply("Or", [a, b]) }

  /// `a` where the mask is true, `b` elsewhere.
  func select(_ mask: GraphValue, _ a: GraphValue, _ b: GraphValue) -> GraphValue {
    apply("Where", [mask, a, b])
  }

  func cast(_ x: GraphValue, to type: GraphElement) -> GraphValue {
    apply("Cast", [x], [.int("to", type.dataType.rawValue)])
  }

  /// Rows, or what else lies along an axis, by their numbers.
  func gather(_ x: GraphValue, _ indices: GraphValue, axis: Int = 0) -> GraphValue {
    apply("Gather", [x, indices], [.int("axis", axis)])
  }

  func joined(_ parts: [GraphValue], axis: Int) -> GraphValue {
    parts.count == 1 ? parts[0] : apply("Concat", parts, [.int("axis", axis)])
  }

  /// Equal parts along an axis.
  func split(_ x: GraphValue, into count: Int, axis: Int = -1) -> [GraphValue] {
    count == 1
      ? [x] : apply("Split", [x], [.int("axis", axis)], resultCount: count)
  }

  func transposed(_ x: GraphValue, _ order: [Int]) -> GraphValue {
    apply("Transpose", [x], [.ints("perm", order)])
  }

  /// 0 keeps an extent, −1 is what is left.
  func reshaped(_ x: GraphValue, _ shape: [Int]) -> GraphValue {
    apply("Reshape", [x, constants(shape)])
  }

  func unsqueezed(_ x: GraphValue, _ axes: [Int]) -> GraphValue {
    apply("Unsqueeze", [x, constants(axes)])
  }

  func squeezed(_ x: GraphValue, _ axes: [Int]) -> GraphValue {
    apply("Squeeze", [x, constants(axes)])
  }

  func expanded(_ x: GraphValue, to shape: GraphValue) -> GraphValue {
    apply("Expand", [x, shape])
  }

  func shape(of x: GraphValue) -> GraphValue { apply("Shape", [x]) }

  /// An extent, in a row of its own: `[1]`.
  func extents(of x: GraphValue, axis: Int) -> GraphValue {
    apply("Shape", [x], [.int("start", axis), .int("end", axis + 1)])
  }

  /// An extent, a number.
  func extent(of x: GraphValue, axis: Int) -> GraphValue {
    squeezed(extents(of: x, axis: axis), [0])
  }

  /// `first`, `first + 1` … , as many as `count` says.
  func range(from first: GraphValue, count: GraphValue) -> GraphValue {
    apply("Range", [first, add(first, count), constant(1)])
  }

  /// The softmax over the last axis, among what the mask leaves; zeros where it leaves nothing.
  ///
  /// The mask is true for what is hidden.
  func softmax(_ scores: GraphValue, hiding mask: GraphValue?) -> GraphValue {
    guard let mask else { return apply("Softmax", [scores], [.int("axis", -1)]) }
    // Not −∞, of which a row with everything hidden would make NaN; of this it makes even weights,
    // which are then taken away.
    let hidden = select(mask, constant(Float(-1e30)), scores)
    return select(mask, constant(Float(0)), apply("Softmax", [hidden], [.int("axis", -1)]))
  }
}
