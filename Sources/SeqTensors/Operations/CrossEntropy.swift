public import SeqKernels

extension Tensor {
  /// The vocabulary projection and its cross-entropy in one: `Σ −log softmax(x Wᵀ + b)[label]`.
  ///
  /// Label smoothing is that of Szegedy et al. 2016, arXiv:1512.00567, §7.
  ///
  /// Rows are taken in blocks, so that logits are never stored whole, and the gradient is formed in
  /// the same pass: a factor on the loss is given here as `scale`, and the gradients of weight and bias
  /// have been added to, if this is recorded, before any backward pass.
  ///
  /// - Shapes: `self` `[rows, size]`, `weight` `[vocabulary, size]`, `bias` `[vocabulary]`.
  /// - Parameters:
  ///   - labels: One id per row.
  ///   - weight: The vocabulary matrix.
  ///   - bias: A number added to each logit; nil adds nothing.
  ///   - smoothing: The share of probability spread evenly over the vocabulary, 0 ..< 1.
  ///   - scale: Multiplies the loss, for example 1 / target tokens.
  ///   - copying: What the words of sources are worth beside those of the vocabulary; a label may be
  ///     one of them then, and smoothing is of what is generated alone.
  /// - Returns: The loss, a scalar, and its unscaled sums in double precision.
  public func crossEntropy(
    labels: [Int32], weight: Parameter, bias: Parameter? = nil, smoothing: Double = 0,
    scale: Float = 1, copying: CopyMixture? = nil
  ) -> (loss: Tensor, sums: LossSums) {
    let (rows, size, vocabulary) = (rows, columns, weight.shape[0])
    let words = copying?.wordCount(vocabulary: vocabulary) ?? vocabulary
    require(
      weight.shape.rank == 2 && weight.shape[1] == size,
      "cross-entropy: \(shape) × \(weight.shape)ᵀ, inner sizes differ")
    require(labels.count == rows, "cross-entropy: \(shape), \(labels.count) labels")
    require(
      labels.allSatisfy { $0 >= 0 && Int($0) < words },
      "cross-entropy: \(shape) × \(weight.shape)ᵀ, a label outside the vocabulary of \(words)")
    require(
      copying.map { $0.gate.shape.rows == rows } ?? true,
      "cross-entropy: \(shape), gates \(copying?.gate.shape ?? [0])")
    // About 8 MB of logits: large enough for efficient products, small enough for the cache.
    let blockRows = min(max(rows, 1), max(16, min(1024, (2 << 20) / vocabulary / 16 * 16)))
    let logits = context.allocate(count: PackedLinear.paddedRows(blockRows) * vocabulary)
    let input = context.isRecording ? context.allocate(shape) : nil
    let copies = copying.map { CopyMixture.Loss($0, vocabulary: vocabulary, in: context) }
    var sums = LossSums()
    labels.withUnsafeBufferPointer { labels in
      guard let labels = labels.baseAddress else { return }
      for start in stride(from: 0, to: rows, by: blockRows) {
        let count = min(blockRows, rows - start)
        let x = pointer + start * size
        project(x, rows: count, weight: weight, bias: bias, into: logits.pointer)
        let gradientScale = input == nil ? nil : scale
        sums +=
          copies?.sums(
            logits.pointer, from: start, labels: labels + start, rows: count,
            smoothing: Float(smoothing), gradientScale: gradientScale)
          ?? Kernels.crossEntropy(
            logits.pointer, labels: labels + start, rows: count, columns: vocabulary,
            smoothing: Float(smoothing), gradientScale: gradientScale)
        guard let input else { continue }
        // G = ∂loss/∂logits:  dx = G W,  dW = Gᵀ x,  db = Σ G
        context.multiply(
          logits.pointer, stride: vocabulary, by: weight.pointer, stride: size,
          into: input.pointer + start * size, stride: size, rows: count, columns: size,
          inner: vocabulary)
        context.accumulateGradient(
          logits.pointer, by: x, into: context.gradient(of: weight), rows: vocabulary,
          columns: size, inner: count)
        if let bias {
          Kernels.accumulateColumns(
            logits.pointer, into: context.gradient(of: bias), rows: count,
            columns: vocabulary)
        }
      }
    }
    let place = place
    let others = copying.map { [$0.gate, $0.weights.tensor] } ?? []
    let otherPlaces = others.map(\.place)
    let loss = context.allocate(.scalar)
    loss.pointer[0] = scale * Float(sums.loss)
    let result = context.record(
      "cross-entropy", loss, shape: .scalar, sequences: nil, inputs: [self] + others,
      hasParameters: true
    ) { flow, dy in
      require(
        dy.pointer[0] == 1,
        "cross-entropy: the gradient was formed for a factor of 1, not \(dy.pointer[0]); "
          + "give the factor as scale")
      if let input { flow.pass(input, to: place) }
      guard let copies else { return }
      flow.pass(copies.gateGradient, to: otherPlaces[0])
      flow.pass(copies.weightsGradient, to: otherPlaces[1])
    }
    return (result, sums)
  }

  private func project(
    _ x: UnsafePointer<Float>, rows: Int, weight: Parameter, bias: Parameter?,
    into logits: UnsafeMutablePointer<Float>
  ) {
    let (size, vocabulary) = (columns, weight.shape[0])
    guard context.isTraining else {
      context.multiplyPacked(x, rows: rows, by: weight, bias: bias, into: logits)
      return
    }
    context.multiply(
      x, stride: size, by: weight.pointer, stride: size, rightTransposed: true, into: logits,
      stride: vocabulary, rows: rows, columns: vocabulary, inner: size)
    if let bias {
      Kernels.biasActivation(
        logits, bias: bias.pointer, .identity, into: logits, rows: rows, columns: vocabulary)
    }
  }
}
