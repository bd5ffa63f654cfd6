internal import SeqKernels

extension Tensor {
  /// A linear map with some columns of a weight: the part of `W [x; y]` that belongs to `x`.
  ///
  /// The parts of several inputs, computed apart, add up to the product with all of them side by
  /// side.
  ///
  /// - Shapes: `self` `[rows, columns]`, `weight` `[output, input]`, `bias` `[output]`, returns
  ///   `[rows, output]`.
  /// - Precondition: The weight has these columns, as many as there are in `self`.
  public func linear(weight: Parameter, weightColumns: Range<Int>, bias: Parameter? = nil) -> Tensor
  {
    require(
      shape.rank == 2 && weight.shape.rank == 2 && columns == weightColumns.count
        && weightColumns.lowerBound >= 0 && weightColumns.upperBound <= weight.shape[1],
      "linear: \(shape) × columns \(weightColumns) of \(weight.shape)")
    require(
      bias.map { $0.shape.count == weight.shape[0] } ?? true,
      "linear: weight \(weight.shape) and bias \(bias?.shape ?? []), output sizes differ")
    if weightColumns.count == weight.shape[1] { return linear(weight: weight, bias: bias) }
    let (rows, input, output, stride) = (rows, columns, weight.shape[0], weight.shape[1])
    let result = context.allocate([rows, output])
    guard context.isTraining else {
      if rows > 0 {
        context.multiplyPacked(
          pointer, rows: rows, by: weight, columns: weightColumns, bias: bias,
          into: result.pointer)
      }
      return Tensor(result, shape: [rows, output], sequences: sequences, context: context)
    }
    let first = weightColumns.lowerBound
    if rows > 0 {
      context.multiply(
        pointer, stride: input, by: weight.pointer + first, stride: stride, rightTransposed: true,
        into: result.pointer, stride: output, rows: rows, columns: output, inner: input)
      if let bias {
        Kernels.biasActivation(
          result.pointer, bias: bias.pointer, .identity, into: result.pointer, rows: rows,
          columns: output)
      }
    }
    return context.record(
      "linear", result, shape: [rows, output], sequences: sequences, inputs: [self],
      hasParameters: true
    ) { flow, dy in
      guard rows > 0 else { return }
      // y = x Wₓᵀ + b:  db = Σ dy,  dWₓ = dyᵀ x,  dx = dy Wₓ
      if let bias {
        Kernels.accumulateColumns(
          dy.pointer, into: flow.gradient(of: bias), rows: rows, columns: output)
      }
      flow.context.accumulateGradient(
        dy.pointer, by: pointer, into: flow.gradient(of: weight) + first, stride: stride,
        rows: output, columns: input, inner: rows)
      flow.accumulate(into: place) { gradient, accumulate in
        flow.context.multiply(
          dy.pointer, stride: output, by: weight.pointer + first, stride: stride, into: gradient,
          stride: input, rows: rows, columns: input, inner: output, accumulate: accumulate)
      }
    }
  }
}
