import SeqDecoding
import SeqModels
import SeqTensors
import SeqText
import Testing

/// Decoding step by step from caches is the forward pass over whole prefixes.
@Suite struct CachedDecodingTests {
  /// What a row of the search's state stands for.
  struct Row: Hashable {
    let sentence: Int
    var prefix: [Int32]
  }

  /// A step computes one position of each hypothesis and not those before it again: the later steps
  /// cost what the earlier ones did.
  @Test(arguments: Variant.all)
  func stepsDoNotComputeThePastAgain(variant: Variant) throws {
    try checkCosts(of: variant.model(seed: 5))
  }

  @Test(arguments: RecurrentVariant.all)
  func recurrentStepsDoNotComputeThePastAgain(variant: RecurrentVariant) throws {
    try checkCosts(of: variant.model(seed: 5))
  }

  private func checkCosts(of model: some EncoderDecoder) throws {
    let context = Context(mode: .inference)
    let sources: [[Int32]] = [[4, 5, 2], [6, 2]]
    let steps = model.steps(in: context)
    var state = try steps.start(sources: sources)
    let cached = try costs(in: context) { _ in
      _ = try steps.step([4, 5], state: &state, StepRequest(best: 2))
    }
    #expect(Double(cached.later) < 1.3 * Double(cached.earlier), "\(cached)")
    // What a decoder without a cache would cost.
    let repeated = try costs(in: context) { place in
      let prefix = [Int32](repeating: 4, count: place)
      _ = model.logits(of: sources.map { TokenBatch.Pair(source: $0, target: prefix) }, in: context)
    }
    #expect(Double(repeated.later) > 1.5 * Double(repeated.earlier), "\(repeated)")
  }

  /// The bytes that computing took at the first places of targets, and at as many after them.
  private func costs(
    in context: Context, _ compute: (_ place: Int) throws -> Void
  ) throws -> (earlier: Int, later: Int) {
    let half = Variant.maxPositions / 2
    func taken(_ places: Range<Int>) throws -> Int {
      let before = context.memory.bytesTaken
      for place in places { try compute(place) }
      return context.memory.bytesTaken - before
    }
    return try (taken(0..<half), taken(half..<2 * half))
  }

  /// Fake beams: rows fork, swap and vanish at random, sentences leave at random.
  @Test(arguments: Variant.all)
  func stepsEqualTheFullForward(variant: Variant) throws {
    // Rates of dropout that inference must ignore.
    try checkSteps(of: variant.model(seed: 5, dropout: (0.3, 0.3, 0.3)))
  }

  @Test(arguments: RecurrentVariant.all)
  func recurrentStepsEqualTheFullForward(variant: RecurrentVariant) throws {
    try checkSteps(of: variant.model(seed: 5, dropout: 0.3))
  }

  private func checkSteps(of model: some EncoderDecoder) throws {
    let context = Context(mode: .inference)
    let steps = model.steps(in: context)
    let sources = model.randomSentences(
      count: 7, lengths: 0...9, endToken: SpecialTokens.standard.end, seed: 6)
    var random = CountedRandom(7)
    var state = try steps.start(sources: sources)
    var rows = sources.indices.map { Row(sentence: $0, prefix: []) }
    var worst: Float = 0
    var largestRowCount = 0
    for _ in 0..<Variant.maxPositions {
      let tokens = rows.map { $0.prefix.last ?? steps.beginToken }
      let scores = try steps.step(tokens, state: &state, StepRequest(best: steps.vocabularySize))
      let full = model.logits(
        of: rows.map { TokenBatch.Pair(source: sources[$0.sentence], target: $0.prefix) },
        in: context)
      for (index, logits) in full.enumerated() {
        let expected = logSoftmax(
          Array(logits.suffix(steps.vocabularySize)), columns: steps.vocabularySize)
        let range = index * steps.vocabularySize..<(index + 1) * steps.vocabularySize
        var found = [Float](repeating: .nan, count: steps.vocabularySize)
        for (token, score) in zip(scores.tokens[range], scores.logProbabilities[range]) {
          found[Int(token)] = score
        }
        worst = max(worst, largestDifference(found, expected))
      }
      largestRowCount = max(largestRowCount, rows.count)
      reorderAtRandom(&rows, &state, steps, &random)
      for index in rows.indices {
        let last = Int32(steps.vocabularySize) - 1
        rows[index].prefix.append(Int32.random(in: 0...last, using: &random))
      }
    }
    #expect(worst <= 1e-4)
    #expect(largestRowCount > 2 * sources.count)
  }

  private func reorderAtRandom<Steps: StepModel>(
    _ rows: inout [Row], _ state: inout Steps.State, _ steps: Steps, _ random: inout CountedRandom
  ) {
    var chosen: [Int] = []
    let sentences = Set(rows.map(\.sentence)).sorted()
    for sentence in sentences {
      let mine = rows.indices.filter { rows[$0].sentence == sentence }
      if sentences.count > 2 && Int.random(in: 0..<12, using: &random) == 0 { continue }
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        chosen.append(mine[Int.random(in: mine.indices, using: &random)])
      }
    }
    guard !chosen.isEmpty, chosen != Array(rows.indices) else { return }
    steps.reorder(&state, rows: chosen)
    rows = chosen.map { rows[$0] }
  }

  /// A smaller count gives the beginning of what a larger count gives.
  @Test(arguments: Variant.two)
  func fewerCandidatesAreThePrefixOfMore(variant: Variant) throws {
    let model = variant.model(seed: 8)
    let steps = model.steps(in: Context(mode: .inference))
    let sources = model.randomSentences(count: 5, lengths: 1...9, seed: 9)
    var all = try steps.start(sources: sources)
    let tokens = sources.map { _ in steps.beginToken }
    let full = try steps.step(tokens, state: &all, StepRequest(best: steps.vocabularySize))
    for count in 1..<steps.vocabularySize {
      var state = try steps.start(sources: sources)
      let best = try steps.step(tokens, state: &state, StepRequest(best: count))
      #expect(best.rowCount == sources.count)
      for row in sources.indices {
        let (some, every) = (row * count, row * steps.vocabularySize)
        #expect(best.tokens[some..<some + count] == full.tokens[every..<every + count])
        #expect(
          best.logProbabilities[some..<some + count]
            == full.logProbabilities[every..<every + count])
      }
    }
  }

  @Test func learnedPositionsLimitSteps() {
    let context = Context(mode: .inference)
    for variant in Variant.all {
      let limit = variant.positions == .learned ? Variant.maxPositions : nil
      #expect(variant.model(seed: 1).steps(in: context).stepLimit == limit)
    }
  }

  /// Sinusoidal positions are made as they are needed, beyond the first table of 256.
  @Test func sinusoidalPositionsHaveNoLimit() throws {
    let model = Variant.all[0].model(seed: 10)
    let context = Context(mode: .inference)
    let steps = model.steps(in: context)
    let source = model.randomSentences(count: 1, lengths: 20...20, seed: 11)
    let target = model.randomSentences(count: 1, lengths: 599...599, seed: 12)[0]
    // Before the full forward, which would make the table at once.
    var state = try steps.start(sources: source)
    let scores = try ([steps.beginToken] + target).map {
      try steps.step([$0], state: &state, StepRequest(best: 1))
    }
    let full = model.logits(of: [.init(source: source[0], target: target)], in: context)[0]
    let expected = logSoftmax(full, columns: steps.vocabularySize)
    let best = scores.enumerated().map {
      expected[$0 * steps.vocabularySize + Int($1.tokens[0])]
    }
    #expect(largestDifference(scores.map { $0.logProbabilities[0] }, best) <= 1e-4)
  }
}
