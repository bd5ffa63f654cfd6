internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a logistic loss found over some rows.
public struct LogisticSums: Sendable, Hashable {
  /// Sum of the loss, nats.
  public var loss = 0.0
  /// Rows on the right side of ½.
  public var correctCount = 0
  /// Rows.
  public var count = 0
}

extension Tensor {
  /// The cross-entropy of yes or no, summed over logits: `Σ −log σ(x)` where the answer is yes,
  /// `Σ −log (1 − σ(x))` where it is no.
  ///
  /// - Shapes: Any, a logit an element.
  /// - Parameters:
  ///   - answer: That of every element.
  ///   - scale: Multiplies the loss.
  /// - Returns: The loss, a scalar, and its unscaled sums.
  public func logisticLoss(answer: Bool, scale: Float = 1) -> (loss: Tensor, sums: LogisticSums) {
    let count = shape.count
    var sums = LogisticSums()
    sums.count = count
    for index in 0..<count {
      // −log σ(z) = log(1 + e⁻ᶻ), with z the logit of the right answer.
      let logit = Double(answer ? pointer[index] : -pointer[index])
      sums.loss += max(-logit, 0) + log1p(exp(-abs(logit)))
      if logit > 0 { sums.correctCount += 1 }
    }
    let storage = context.allocate(.scalar)
    storage.pointer[0] = scale * Float(sums.loss)
    let place = place
    let loss = context.record(
      "logistic loss", storage, shape: .scalar, sequences: nil, inputs: [self]
    ) { flow, dy in
      // dx = σ(x) − 1 for yes, σ(x) for no
      let factor = dy.pointer[0] * scale
      flow.accumulate(into: place) { gradient, accumulate in
        for index in 0..<count {
          let value = factor * (1 / (1 + expf(-pointer[index])) - (answer ? 1 : 0))
          gradient[index] = accumulate ? gradient[index] + value : value
        }
      }
    }
    return (loss, sums)
  }
}
