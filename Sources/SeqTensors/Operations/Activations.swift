public import SeqKernels

extension Tensor {
  /// A function of every element.
  public func activated(_ activation: Activation) -> Tensor {
    let storage = context.allocate(shape)
    Kernels.biasActivation(
      pointer, bias: nil, activation, into: storage.pointer, rows: 1, columns: shape.count)
    let saved = activation.savesArgument ? self.storage : storage
    let (place, count) = (place, shape.count)
    return context.record(
      "activation", storage, shape: shape, sequences: sequences, inputs: [self],
      changesGradient: true
    ) { flow, dy in
      // dx = dy·f′(x)
      Kernels.biasActivationBackward(
        dy.pointer, saved: saved.pointer, activation, into: dy.pointer, biasGradient: nil, rows: 1,
        columns: count)
      flow.pass(dy, to: place)
    }
  }

  /// A gated activation: `f(a) · b`, where every row is a and then b, half of the columns each.
  ///
  /// - Shapes: `[rows, 2 · size]` → `[rows, size]`.
  /// - Precondition: An even number of columns; f is GELU in either form or swish.
  /// - SeeAlso: Shazeer 2020, "GLU variants improve Transformer", arXiv:2002.05202.
  public func gated(by activation: Activation) -> Tensor {
    require(
      columns % 2 == 0 && activation.isSmooth,
      "gate: \(shape) by \(activation), not an even number of columns by GELU or swish")
    let (rows, columns) = (rows, columns / 2)
    let result: Shape = [rows, columns]
    let storage = context.allocate(result)
    Kernels.gate(pointer, activation, into: storage.pointer, rows: rows, columns: columns)
    let place = place
    return context.record(
      "gate", storage, shape: result, sequences: sequences, inputs: [self]
    ) { flow, dy in
      // y = f(a)·b:  da = dy·b·f′(a),  db = dy·f(a)
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: 2 * rows * columns, value: 0) }
        Kernels.gateBackward(
          dy.pointer, pointer, activation, into: gradient, rows: rows, columns: columns)
      }
    }
  }

  /// The positive part of every element: `max(x, 0)`.
  public func relu() -> Tensor { activated(.relu) }
  /// Each element times its normal distribution function: `x Φ(x)`, the exact form.
  ///
  /// - SeeAlso: Hendrycks & Gimpel 2016, arXiv:1606.08415.
  public func gelu() -> Tensor { activated(.gelu) }
  /// The hyperbolic tangent of every element.
  public func tanh() -> Tensor { activated(.tanh) }
  /// The logistic function of every element: `1 / (1 + e⁻ˣ)`.
  public func sigmoid() -> Tensor { activated(.sigmoid) }

  /// Probabilities along the last axis.
  public func softmax() -> Tensor {
    let storage = context.allocate(shape)
    let (rows, columns) = (rows, columns)
    let place = place
    Kernels.softmax(pointer, into: storage.pointer, rows: rows, columns: columns)
    return context.record(
      "softmax", storage, shape: shape, sequences: sequences, inputs: [self]
    ) { flow, dy in
      // dx = y·(dy − Σ dy·y)
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: rows * columns, value: 0) }
        Kernels.softmaxBackward(
          storage.pointer, dy: dy.pointer, into: gradient, rows: rows, columns: columns)
      }
    }
  }

  /// Zeroes elements at random in training and scales the others up.
  ///
  /// `rate` is the probability of zeroing, 0 ..< 1.
  ///
  /// - Shapes: `[rows, size]`; draws are keyed by the rows' ids where the tensor is ragged.
  public func dropout(_ rate: Double) -> Tensor { dropout(context.nextDropout(rate: rate)) }

  /// Zeroes the elements that `draws` names and scales the others up.
  ///
  /// For a dropout that is computed in pieces: the rows of all pieces draw from one set, each by its
  /// id.
  ///
  /// - Shapes: `[rows, size]`; `rowIDs` `[rows]`, by default those of the sequences.
  public func dropout(_ draws: DropoutDraws, rowIDs: [UInt32]? = nil) -> Tensor {
    guard draws.dropsElements else { return self }
    let storage = context.allocate(shape)
    let (rows, columns) = (rows, columns)
    let ids = rowIDs ?? self.rowIDs
    let place = place
    Kernels.dropout(
      pointer, draws, rowIDs: ids, into: storage.pointer, rows: rows, columns: columns)
    return context.record(
      "dropout", storage, shape: shape, sequences: sequences, inputs: [self],
      changesGradient: true
    ) { flow, dy in
      // dx = dy·factor, with the same draws
      Kernels.dropout(
        dy.pointer, draws, rowIDs: ids, into: dy.pointer, rows: rows, columns: columns)
      flow.pass(dy, to: place)
    }
  }

  /// The ids that random draws of the rows are keyed by.
  var rowIDs: [UInt32] {
    if let sequences, sequences.tokenCount == rows { return sequences.rowIDs }
    return (0..<rows).map { UInt32(truncatingIfNeeded: $0) }
  }
}
