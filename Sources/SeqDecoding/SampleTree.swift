/// One sentence's side of a sampling: its samples, which share a row as long as they are equal.
struct SampleTree {
  /// A beginning that one or more samples have.
  struct Live {
    /// The place, in the step before, of the beginning it continues.
    var parent: Int
    /// Its last token.
    var token: Int32
    var node: Int
    /// The places of its samples in ``SampleTree/samples``.
    var samples: Range<Int>
  }

  /// The beginnings to step next; empty when every sample has ended.
  private(set) var live: [Live]
  /// The numbers of the samples on their way, beginning after beginning.
  private var samples: [Int]

  private let sentence: Int
  private let request: SearchRequest
  private let maximumLength: Int
  private let keys: [DrawKey]
  private let options: SamplingOptions
  private let endToken: Int32
  private let excludedTokens: [Int32]
  private var trellis = Trellis()
  /// The tokens that every live beginning has.
  private var length = 0
  /// What was drawn, every target once.
  private var ended: [Hypothesis] = []
  /// For each sample its place in ``ended``.
  private var outcomes: [Int]

  // Memory of one step, kept for the next.
  private var grown: [Live] = []
  private var moved: [Int] = []
  private var draws: [Draw] = []

  private struct Draw {
    var token: Int32
    var sample: Int
  }

  init(
    sentence: Int, request: SearchRequest, options: SamplingOptions, model: some StepModel
  ) {
    self.sentence = sentence
    self.request = request
    self.options = options
    endToken = model.endToken
    excludedTokens = model.excludedTokens
    let source = request.source
    let maximum = max(
      request.maximumLength ?? options.maximumLength.tokenCount(sourceLength: source.count),
      request.prefix.count)
    // The first of the steps is fed BOS.
    maximumLength = model.stepLimit.map { min(maximum, max($0 - 1, 0)) } ?? maximum
    var key = DrawKey(options.seed).with(source.count).with(source)
    if let number = request.drawNumber { key = key.with(Int(truncatingIfNeeded: number)) }
    keys = (0..<options.sampleCount).map { key.with($0).root }
    samples = Array(0..<options.sampleCount)
    outcomes = Array(repeating: 0, count: options.sampleCount)
    live = [
      Live(parent: 0, token: endToken, node: Trellis.root, samples: 0..<options.sampleCount)
    ]
  }

  /// What every sample begins with, while they all go on as one.
  var commonTokens: [Int32]? {
    live.count == 1 && ended.isEmpty ? trellis.path(to: live[0].node).tokens : nil
  }

  /// What was drawn; complete once nothing is live.
  func result() -> SearchResult {
    guard let nBest = options.nBest else {
      return SearchResult(hypotheses: outcomes.map { ended[$0] })
    }
    // Of equal scores the one that was drawn first.
    var first = Array(repeating: Int.max, count: ended.count)
    for (sample, outcome) in outcomes.enumerated() where sample < first[outcome] {
      first[outcome] = sample
    }
    let ranked = ended.indices.sorted { one, other in
      let (left, right) = (ended[one], ended[other])
      let areFinished = (left.stopReason == .endToken, right.stopReason == .endToken)
      if areFinished.0 != areFinished.1 { return areFinished.0 }
      return left.score != right.score ? left.score > right.score : first[one] < first[other]
    }
    // A target that said EOS in one sample may have been cut off in another.
    var seen: Set<[Int32]> = []
    let different = ranked.filter { seen.insert(ended[$0].tokens).inserted }
    return SearchResult(hypotheses: different.prefix(nBest).map { ended[$0] })
  }

  /// Draws the next token of every sample.
  ///
  /// - Parameters:
  ///   - rows: `[live, vocabulary]`, the model's log-probabilities.
  ///   - processors: asked about every beginning that is not forced.
  ///   - distribution: memory that the rows of all sentences share.
  /// - Throws: ``SearchError/notANumber(sentence:step:)``.
  mutating func advance(
    by rows: UnsafeBufferPointer<Float>, _ processors: [any ScoreProcessor],
    _ distribution: TokenDistribution
  ) throws(SearchError) {
    let size = rows.count / live.count
    grown.removeAll(keepingCapacity: true)
    moved.removeAll(keepingCapacity: true)
    for (place, beginning) in live.enumerated() {
      let row = UnsafeBufferPointer(rebasing: rows[place * size..<(place + 1) * size])
      if length < request.prefix.count {
        try force(request.prefix[length], after: beginning, place, row)
      } else {
        try draw(after: beginning, place, row, processors, distribution)
      }
    }
    swap(&live, &grown)
    swap(&samples, &moved)
    length += 1
  }

  private mutating func force(
    _ token: Int32, after beginning: Live, _ place: Int, _ row: UnsafeBufferPointer<Float>
  ) throws(SearchError) {
    let isKnown = row.indices.contains(Int(token)) && !excludedTokens.contains(token)
    let logProbability = isKnown ? row[Int(token)] : -.infinity
    if logProbability.isNaN { throw .notANumber(sentence: sentence, step: length) }
    let numbers = samples[beginning.samples]
    if logProbability == -.infinity {
      end(beginning, .noContinuation, numbers)
    } else if token == endToken {
      end(beginning, .endToken, numbers, endLogProbability: logProbability)
    } else if length >= maximumLength {
      end(beginning, .maximumLength, numbers)
    } else {
      grow(beginning, place, token, logProbability, numbers)
    }
  }

  private mutating func draw(
    after beginning: Live, _ place: Int, _ row: UnsafeBufferPointer<Float>,
    _ processors: [any ScoreProcessor], _ distribution: TokenDistribution
  ) throws(SearchError) {
    let isPossible: Bool
    do {
      let hypothesis = PartialHypothesis(
        sourceLength: request.source.count, length: length, maximumLength: maximumLength,
        trellis: trellis, node: beginning.node)
      isPossible = try distribution.load(
        row, excluding: excludedTokens, processors.lazy.map { $0.change(after: hypothesis) })
    } catch {
      throw .notANumber(sentence: sentence, step: length)
    }
    guard isPossible else {
      return end(beginning, .noContinuation, samples[beginning.samples])
    }
    draws.removeAll(keepingCapacity: true)
    for sample in samples[beginning.samples] {
      let token = distribution.token(at: keys[sample].with(length).share)
      draws.append(Draw(token: token, sample: sample))
    }
    draws.sort { ($0.token, $0.sample) < ($1.token, $1.sample) }
    let isFull = length >= maximumLength
    if isFull {
      let cut = draws.filter { $0.token != endToken }.map(\.sample)
      if !cut.isEmpty { end(beginning, .maximumLength, cut[...]) }
    }
    var start = 0
    while start < draws.count {
      let token = draws[start].token
      let stop = draws[start...].firstIndex { $0.token != token } ?? draws.count
      if token == endToken {
        end(
          beginning, .endToken, draws[start..<stop].map(\.sample)[...],
          endLogProbability: row[Int(token)])
      } else if !isFull {
        grow(
          beginning, place, token, row[Int(token)], draws[start..<stop].lazy.map(\.sample))
      }
      start = stop
    }
  }

  private mutating func grow(
    _ beginning: Live, _ place: Int, _ token: Int32, _ logProbability: Float,
    _ numbers: some Sequence<Int>
  ) {
    let first = moved.count
    moved.append(contentsOf: numbers)
    grown.append(
      Live(
        parent: place, token: token,
        node: trellis.append(token, logProbability: logProbability, after: beginning.node),
        samples: first..<moved.count))
  }

  private mutating func end(
    _ beginning: Live, _ reason: StopReason, _ numbers: ArraySlice<Int>,
    endLogProbability: Float? = nil
  ) {
    var path = trellis.path(to: beginning.node)
    if let endLogProbability { path.logProbabilities.append(endLogProbability) }
    let sum = path.logProbabilities.reduce(0) { $0 + Double($1) }
    for sample in numbers { outcomes[sample] = ended.count }
    ended.append(
      Hypothesis(
        tokens: path.tokens, logProbability: sum,
        score: options.lengthNormalization.score(
          logProbability: sum, length: path.logProbabilities.count),
        tokenLogProbabilities: path.logProbabilities, stopReason: reason))
  }
}
