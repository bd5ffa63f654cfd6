internal import SeqKernels

extension Tensor {
  /// Layer normalisation of every row: `(x − μ) / √(σ² + epsilon) · weight + bias`.
  ///
  /// Without a bias nothing is subtracted either: `x / √(mean(x²) + epsilon) · weight`, RMS norm.
  ///
  /// - Shapes: `self` `[rows, size]`, `weight` and `bias` `[size]`, returns `[rows, size]`.
  /// - SeeAlso: Ba, Kiros, Hinton 2016, arXiv:1607.06450; Zhang & Sennrich 2019, arXiv:1910.07467.
  public func layerNorm(weight: Parameter, bias: Parameter?, epsilon: Float = 1e-5) -> Tensor {
    require(
      weight.shape.count == columns && bias?.shape.count ?? columns == columns,
      "layer norm: \(shape), weight \(weight.shape) and bias \(bias?.shape ?? []), sizes differ")
    let (rows, columns) = (rows, columns)
    let result = context.allocate(shape)
    let moments = context.allocate(count: 2 * rows)
    Kernels.layerNorm(
      pointer, weight: weight.pointer, bias: bias?.pointer, into: result.pointer,
      mean: moments.pointer, inverseDeviation: moments.pointer + rows, rows: rows,
      columns: columns, epsilon: epsilon)
    return context.record(
      "layer norm", result, shape: shape, sequences: sequences, inputs: [self],
      hasParameters: true
    ) { flow, dy in
      // n = (x − μ)·r, g = dy·w:  dx = r·(g − mean(g) − n·mean(g·n)),  dw = Σ dy·n,  db = Σ dy;
      // RMS norm has neither μ nor mean(g)
      func step(_ gradient: UnsafeMutablePointer<Float>, _ accumulate: Bool) {
        Kernels.layerNormBackward(
          pointer, weight: weight.pointer, mean: moments.pointer,
          inverseDeviation: moments.pointer + rows, dy: dy.pointer, into: gradient,
          accumulate: accumulate, weightGradient: flow.gradient(of: weight),
          biasGradient: bias.map { flow.gradient(of: $0) }, rows: rows, columns: columns)
      }
      if slot == nil {
        // A constant: dw and db are wanted all the same.
        let unused = flow.context.allocate(shape)
        withExtendedLifetime(unused) { step(unused.pointer, false) }
      } else {
        flow.accumulate(into: place, step)
      }
    }
  }

  /// A residual connection: `self + dropout(branch)`.
  ///
  /// - Shapes: Both `[rows, size]`.
  public func adding(_ branch: Tensor, dropout rate: Double) -> Tensor {
    require(shape == branch.shape, "residual: \(shape) and \(branch.shape), shapes differ")
    let draws = context.nextDropout(rate: rate)
    let (rows, columns) = (rows, columns)
    let ids = rowIDs
    let places = (residual: place, branch: branch.place)
    let result = context.allocate(shape)
    Kernels.residualDropout(
      residual: pointer, branch.pointer, draws, rowIDs: ids, sum: result.pointer, rows: rows,
      columns: columns)
    return context.record(
      "residual", result, shape: shape, sequences: sequences, inputs: [self, branch]
    ) { flow, dy in
      flow.passResidual(dy, to: places.residual, branch: places.branch, draws, rowIDs: ids)
    }
  }

  /// A residual connection and the layer normalisation of its sum, in one pass over memory.
  ///
  /// - Shapes: `self` and `branch` `[rows, size]`, `weight` and `bias` `[size]`.
  /// - Returns: `sum` = self + dropout(branch), and `norm`, its normalisation: RMS norm without a bias.
  public func addingNorm(
    _ branch: Tensor, dropout rate: Double, weight: Parameter, bias: Parameter?,
    epsilon: Float = 1e-5
  ) -> (sum: Tensor, norm: Tensor) {
    require(
      shape == branch.shape, "residual norm: \(shape) and \(branch.shape), shapes differ")
    require(
      weight.shape.count == columns && bias?.shape.count ?? columns == columns,
      "residual norm: \(shape), weight \(weight.shape) and bias \(bias?.shape ?? []), sizes differ")
    let draws = context.nextDropout(rate: rate)
    let (rows, columns) = (rows, columns)
    let ids = rowIDs
    let places = (residual: place, branch: branch.place)
    let shape = shape
    let sum = context.allocate(shape)
    let norm = context.allocate(shape)
    let moments = context.allocate(count: 2 * rows)
    Kernels.residualDropoutNorm(
      residual: pointer, branch.pointer, draws, rowIDs: ids, sum: sum.pointer,
      weight: weight.pointer, bias: bias?.pointer, into: norm.pointer, mean: moments.pointer,
      inverseDeviation: moments.pointer + rows, rows: rows, columns: columns, epsilon: epsilon)
    return context.record(
      "residual norm", sum, norm, shape: shape, sequences: sequences, inputs: [self, branch]
    ) { flow, gradients in
      // dh = dsum + layer norm's gradient of dnorm; then the residual's
      let isFresh = gradients[0] == nil
      if isFresh {
        gradients[0] = flow.context.allocate(shape)
      } else {
        flow.makeUnique(&gradients[0], count: shape.count)
      }
      guard let dh = gradients[0] else { return }
      if let dnorm = gradients[1] {
        Kernels.layerNormBackward(
          sum.pointer, weight: weight.pointer, mean: moments.pointer,
          inverseDeviation: moments.pointer + rows, dy: dnorm.pointer, into: dh.pointer,
          accumulate: !isFresh, weightGradient: flow.gradient(of: weight),
          biasGradient: bias.map { flow.gradient(of: $0) }, rows: rows, columns: columns)
      }
      gradients[1] = nil
      flow.passResidual(dh, to: places.residual, branch: places.branch, draws, rowIDs: ids)
    }
  }
}

extension Backward {
  /// The gradient of `h = x + drop(b)`: dx = dh, db = drop(dh).
  fileprivate func passResidual(
    _ dh: Storage, to residual: GradientPlace, branch: GradientPlace, _ draws: DropoutDraws,
    rowIDs: [UInt32]
  ) {
    if draws.dropsElements {
      accumulate(into: branch) { gradient, accumulate in
        let (rows, columns) = (branch.shape.rows, branch.shape.columns)
        if accumulate {
          Kernels.residualDropout(
            residual: gradient, dh.pointer, draws, rowIDs: rowIDs, sum: gradient, rows: rows,
            columns: columns)
        } else {
          Kernels.dropout(
            dh.pointer, draws, rowIDs: rowIDs, into: gradient, rows: rows, columns: columns)
        }
      }
    } else {
      pass(dh, to: branch)
    }
    pass(dh, to: residual)
  }
}
