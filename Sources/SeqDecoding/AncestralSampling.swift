internal import SeqKernels

/// Draws targets from the model's own distribution, token by token.
///
///     let sampling = try AncestralSampling(sampleCount: 8, seed: 1)
///     let samples = try sampling(sources, with: model)   // 8 hypotheses for each source
///
/// A draw is keyed by the seed, the source's ids, the number of the sample and the position: the
/// samples of a sentence depend neither on the batch nor on how many are drawn.
public struct AncestralSampling: Sendable {
  /// Targets drawn for each source; they may be equal.
  public let sampleCount: Int
  /// What log-probabilities are divided by before drawing: 1 draws from the model, towards 0 it
  /// always draws the likeliest.
  public let temperature: Double
  /// The most tokens before EOS.
  ///
  /// A sample that has reached them draws once more; if that is not EOS it is cut off.
  public let maximumLength: LengthLimit
  /// What the draws are keyed by beside source, sample and position.
  public let seed: UInt64

  /// Settings of a sampling.
  ///
  /// - Throws: ``SearchError/invalidOptions(_:)`` with every problem.
  public init(
    sampleCount: Int = 1, temperature: Double = 1, maximumLength: LengthLimit = 256,
    seed: UInt64 = 1
  ) throws(SearchError) {
    var problems: [String] = []
    if sampleCount < 1 { problems.append("\(sampleCount) samples, expected at least 1") }
    if !(temperature > 0 && temperature.isFinite) {
      problems.append("temperature \(temperature), expected a finite number above 0")
    }
    if !maximumLength.perSourceToken.isFinite || !maximumLength.constant.isFinite {
      problems.append("a maximum length that is not finite")
    }
    guard problems.isEmpty else { throw .invalidOptions(problems) }
    self.sampleCount = sampleCount
    self.temperature = temperature
    self.maximumLength = maximumLength
    self.seed = seed
  }

  /// A sample on its way.
  private struct Growing {
    /// The place of its source, and of the sample among those of the source.
    let sentence: Int
    let number: Int
    let key: UInt64
    let maximumLength: Int
    var tokens: [Int32] = []
    var logProbabilities: [Float] = []
  }

  /// Samples for each source, in the order of the sources.
  ///
  /// The log-probabilities are the model's, whatever the temperature; a score is their sum.
  ///
  /// - Throws: What the model throws, and ``SearchError/notANumber(sentence:step:)``.
  public func callAsFunction<Model: StepModel>(
    _ sources: [[Int32]], with model: Model
  ) throws -> [[Hypothesis]] {
    guard !sources.isEmpty else { return [] }
    var state = try model.start(sources: sources)
    if sampleCount > 1 {
      model.reorder(
        &state,
        rows: sources.indices.flatMap { Array(repeating: $0, count: sampleCount) })
    }
    var growing = sources.enumerated().flatMap { sentence, source in
      (0..<sampleCount).map { start(source, sentence, $0, limit: model.stepLimit) }
    }
    var finished = sources.map { _ in [Hypothesis?](repeating: nil, count: sampleCount) }
    var tokens = [Int32](repeating: model.beginToken, count: growing.count)
    var probabilities = [Float](repeating: 0, count: model.vocabularySize)
    while !growing.isEmpty {
      let scores = try model.step(
        tokens, state: &state, best: 1, wholeRows: Array(growing.indices))
      var rows: [Int] = []
      tokens.removeAll(keepingCapacity: true)
      var next: [Growing] = []
      for (row, sample) in growing.enumerated() {
        var sample = sample
        let reason = try scores.wholeRows.withUnsafeBufferPointer { all in
          let first = row * model.vocabularySize
          return try extend(
            &sample, by: UnsafeBufferPointer(rebasing: all[first..<first + model.vocabularySize]),
            of: model, &probabilities)
        }
        if let reason {
          finished[sample.sentence][sample.number] = hypothesis(sample, reason)
        } else {
          rows.append(row)
          tokens.append(sample.tokens[sample.tokens.count - 1])
          next.append(sample)
        }
      }
      if !rows.isEmpty && rows.count < growing.count { model.reorder(&state, rows: rows) }
      growing = next
    }
    return finished.map { $0.compactMap { $0 } }
  }

  private func start(_ source: [Int32], _ sentence: Int, _ number: Int, limit: Int?) -> Growing {
    let key = DrawKey(seed).with(source.count).with(source).with(number).value
    let longest = min(
      maximumLength.tokenCount(sourceLength: source.count), limit.map { $0 - 1 } ?? .max)
    return Growing(sentence: sentence, number: number, key: key, maximumLength: longest)
  }

  /// Draws the next token; the reason to stop, if there is one.
  private func extend(
    _ sample: inout Growing, by logProbabilities: UnsafeBufferPointer<Float>,
    of model: some StepModel, _ probabilities: inout [Float]
  ) throws(SearchError) -> StopReason? {
    let sum = weigh(logProbabilities, excluding: model.excludedTokens, &probabilities)
    guard !sum.isNaN else {
      throw .notANumber(sentence: sample.sentence, step: sample.tokens.count)
    }
    guard sum > 0 else { return .noContinuation }
    let share = DrawKey(sample.key).with(sample.tokens.count).share
    let token = place(of: share * sum, in: probabilities)
    let isEnd = token == Int(model.endToken)
    if !isEnd && sample.tokens.count >= sample.maximumLength { return .maximumLength }
    sample.logProbabilities.append(logProbabilities[token])
    if isEnd { return .endToken }
    sample.tokens.append(Int32(token))
    return nil
  }

  /// What a token is drawn by: probabilities at the temperature up to a common factor, 0 for tokens
  /// that cannot come.
  ///
  /// - Returns: Their sum.
  private func weigh(
    _ logProbabilities: UnsafeBufferPointer<Float>, excluding excluded: [Int32],
    _ weights: inout [Float]
  ) -> Double {
    let count = weights.count
    return weights.withUnsafeMutableBufferPointer { weights in
      guard let source = logProbabilities.baseAddress, let weights = weights.baseAddress else {
        return 0
      }
      Kernels.scale(source, by: Float(1 / temperature), into: weights, count: count)
      // Before the softmax: where it is cold, an excluded token would leave the others nothing.
      for token in excluded where Int(token) < count { weights[Int(token)] = -.infinity }
      var isPossible = false
      for token in 0..<count where !(weights[token] == -.infinity) { isPossible = true }
      guard isPossible else { return 0 }
      Kernels.softmax(weights, into: weights, rows: 1, columns: count)
      return Kernels.sum(weights, count: count)
    }
  }

  /// The first token at which the running sum of weights passes a mark.
  private func place(of mark: Double, in weights: [Float]) -> Int {
    var rest = mark
    var last = 0
    for (token, weight) in weights.enumerated() where weight > 0 {
      last = token
      rest -= Double(weight)
      if rest < 0 { break }
    }
    return last
  }

  private func hypothesis(_ sample: Growing, _ reason: StopReason) -> Hypothesis {
    let sum = sample.logProbabilities.reduce(0) { $0 + Double($1) }
    return Hypothesis(
      tokens: sample.tokens, logProbability: sum, score: sum,
      tokenLogProbabilities: sample.logProbabilities, stopReason: reason)
  }
}

/// A hash of what a draw is for, made number by number.
///
/// - SeeAlso: Steele, Lea, Flood 2014, for the mixer, SplitMix64's.
private struct DrawKey {
  private(set) var value: UInt64

  init(_ seed: UInt64) { value = Self.mixed(seed &+ 0x9e37_79b9_7f4a_7c15) }

  func with(_ number: Int) -> DrawKey {
    var key = self
    key.value = Self.mixed(
      value ^ Self.mixed(UInt64(bitPattern: Int64(number)) &+ 0x9e37_79b9_7f4a_7c15))
    return key
  }

  func with(_ ids: [Int32]) -> DrawKey { ids.reduce(self) { $0.with(Int($1)) } }

  /// Evenly spread over 0 ..< 1.
  var share: Double { Double(value >> 11) * 0x1p-53 }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}
