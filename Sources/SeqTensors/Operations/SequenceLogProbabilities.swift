internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension Tensor {
  /// The log-probability of each sequence of labels under rows of logits, nats:
  /// `Σ log softmax(x)[label]` over the rows of the sequence.
  ///
  /// - Shapes: `[tokens, vocabulary]`, ragged, to `[sequences]`.
  /// - Precondition: One label a row, within the vocabulary.
  public func sequenceLogProbabilities(of labels: [Int32]) -> Tensor {
    guard let sequences else {
      requirementFailure("sequence log-probabilities: \(shape), without sequences")
    }
    let (rows, columns) = (rows, columns)
    require(
      labels.count == rows && labels.allSatisfy { 0..<columns ~= Int($0) },
      "sequence log-probabilities: \(shape), \(labels.count) labels, or one outside")
    let storage = context.allocate([sequences.count])
    var row = [Float](repeating: 0, count: columns)
    for index in 0..<sequences.count {
      var sum = 0.0
      for token in sequences.offsets[index]..<sequences.offsets[index + 1] {
        Kernels.logSoftmax(pointer + token * columns, into: &row, columns: columns)
        sum += Double(row[Int(labels[token])])
      }
      storage.pointer[index] = Float(sum)
    }
    let place = place
    return context.record(
      "sequence log-probabilities", storage, shape: [sequences.count], sequences: nil,
      inputs: [self]
    ) { flow, dy in
      // dx = dy·(one-hot − softmax(x))
      var row = [Float](repeating: 0, count: columns)
      flow.accumulate(into: place) { gradient, accumulate in
        if !accumulate { Kernels.fill(gradient, count: rows * columns, value: 0) }
        for index in 0..<sequences.count {
          let upstream = dy.pointer[index]
          guard upstream != 0 else { continue }
          for token in sequences.offsets[index]..<sequences.offsets[index + 1] {
            Kernels.softmax(pointer + token * columns, into: &row, rows: 1, columns: columns)
            let target = gradient + token * columns
            Kernels.accumulate(row, times: -upstream, into: target, count: columns)
            target[Int(labels[token])] += upstream
          }
        }
      }
    }
  }

  /// The expected cost of candidates under their own renormalised distribution, summed over groups:
  /// `Σ Qₖ·costₖ` with `Q = softmax(sharpness · log p)` within a group.
  ///
  /// - Shapes: `[candidates]`, log-probabilities, to a scalar.
  /// - Parameters:
  ///   - costs: One a candidate.
  ///   - groupSizes: Consecutive candidates of one source each.
  ///   - sharpness: 0 counts all alike, 1 as likely as they are.
  ///   - scale: Multiplies the sum.
  /// - Returns: The scaled sum, and each group's expected cost.
  /// - SeeAlso: Shen et al. 2016, arXiv:1512.02433, §3.2; the sharpness is α there.
  public func expectedCost(
    _ costs: [Double], groupSizes: [Int], sharpness: Double, scale: Float = 1
  ) -> (sum: Tensor, groups: [Double]) {
    let count = shape.count
    require(
      costs.count == count && groupSizes.reduce(0, +) == count
        && groupSizes.allSatisfy { $0 > 0 },
      "expected cost: \(shape), \(costs.count) costs, groups of \(groupSizes)")
    var shares = [Double](repeating: 0, count: count)
    var means: [Double] = []
    var first = 0
    for size in groupSizes {
      let group = first..<first + size
      let largest = group.reduce(-Double.infinity) { max($0, Double(pointer[$1])) }
      for index in group { shares[index] = exp(sharpness * (Double(pointer[index]) - largest)) }
      let total = group.reduce(0) { $0 + shares[$1] }
      for index in group { shares[index] /= total }
      means.append(group.reduce(0) { $0 + shares[$1] * costs[$1] })
      first += size
    }
    let storage = context.allocate(.scalar)
    storage.pointer[0] = scale * Float(means.reduce(0, +))
    let place = place
    let sum = context.record(
      "expected cost", storage, shape: .scalar, sequences: nil, inputs: [self]
    ) { [shares, means] flow, dy in
      // d log pₖ = sharpness·Qₖ·(costₖ − Σ Q·cost)
      let factor = Double(dy.pointer[0] * scale) * sharpness
      flow.accumulate(into: place) { gradient, accumulate in
        var first = 0
        for (group, size) in groupSizes.enumerated() {
          for index in first..<first + size {
            let value = Float(factor * shares[index] * (costs[index] - means[group]))
            gradient[index] = accumulate ? gradient[index] + value : value
          }
          first += size
        }
      }
    }
    return (sum, means)
  }
}
