import SeqLayers
import SeqTensors
import SeqTestSupport
import Testing

/// What every attention score promises, and where each refuses.
@Suite struct AttentionScoreTests {
  /// A bidirectional encoder's memory is twice as wide as the decoder's states.
  private static let (querySize, memorySize, size) = (5, 10, 8)
  private static let queryLengths = [2, 0, 1, 3]
  private static let memoryLengths = [4, 3, 1, 18]

  private static func querySize(_ kind: AttentionScoreKind) -> Int {
    kind == .dot ? memorySize : querySize
  }

  private static func layer(
    _ kind: AttentionScoreKind, in scope: ParameterScope, dropout: Double = 0
  ) -> any AttentionScore {
    kind.layer(
      in: scope, querySize: querySize(kind), memorySize: memorySize, size: size, headCount: 2,
      dropout: dropout)
  }

  @Test(arguments: gradientChecks)
  func gradientsAgreeWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  static let gradientChecks: [GradientCheck] = AttentionScoreKind.allCases.flatMap { kind in
    [0, 0.3].map { dropout in
      GradientCheck(
        "\(kind.rawValue), dropout \(dropout)",
        inputs: [.ragged(queryLengths, querySize(kind)), .ragged(memoryLengths, memorySize)],
        step: 5e-3, layer: { SharedScore(score: layer(kind, in: $0, dropout: dropout)) },
        { scene, shared in
          [shared.score.context(of: scene[0], over: shared.score.prepare(scene[1]))]
        })
    }
  }

  /// An existential in a type that the check can name.
  private struct SharedScore: Sendable {
    let score: any AttentionScore
  }

  /// A decoder half as wide as the memory works with every score but dot, which says why not.
  @Test(arguments: AttentionScoreKind.allCases)
  func keysOfAnotherSizeThanTheQueries(kind: AttentionScoreKind) throws {
    let problem = kind.problem(
      querySize: Self.querySize, memorySize: Self.memorySize, size: Self.size, headCount: 2)
    if kind == .dot {
      let words = try #require(problem)
      #expect(words.contains("5 columns") && words.contains("10") && words.contains("general"))
      return
    }
    #expect(problem == nil)
    let context = Context(mode: .inference)
    let score = Self.layer(kind, in: ParameterStore().root)
    let output = score.context(
      of: Self.queries(kind, context), over: score.prepare(Self.memory(context)))
    #expect(output.shape == [6, score.contextSize])
    let sums: Set<AttentionScoreKind> = [.general, .concat, .additive]
    #expect(score.contextSize == (sums.contains(kind) ? Self.memorySize : Self.size))
  }

  @Test func sizesThatMakeNoLayer() {
    func problem(_ kind: AttentionScoreKind, size: Int, headCount: Int) -> String? {
      kind.problem(querySize: 4, memorySize: 4, size: size, headCount: headCount)
    }
    #expect(problem(.dot, size: 0, headCount: 0) == nil)
    #expect(problem(.additive, size: 0, headCount: 1)?.contains("at least 1") == true)
    #expect(problem(.multiHead, size: 6, headCount: 4)?.contains("4 heads") == true)
    #expect(problem(.multiHead, size: 8, headCount: 4) == nil)
    #expect(problem(.scaledDot, size: 6, headCount: 4) == nil)
  }

  private static func queries(
    _ kind: AttentionScoreKind, _ context: Context, lengths: [Int] = queryLengths
  ) -> Tensor {
    var seeded = SeededValues("queries")
    let sequences = Sequences(lengths: lengths)
    return context.tensor(
      seeded.normal(sequences.tokenCount * querySize(kind)),
      shape: [sequences.tokenCount, querySize(kind)], sequences: sequences)
  }

  private static func memory(_ context: Context) -> Tensor {
    var seeded = SeededValues("memory")
    let sequences = Sequences(lengths: memoryLengths)
    return context.tensor(
      seeded.normal(sequences.tokenCount * memorySize), shape: [sequences.tokenCount, memorySize],
      sequences: sequences)
  }

  /// All queries at once, or one a step over a memory prepared once: the same contexts.
  @Test(arguments: AttentionScoreKind.allCases, [Context.Mode.training, .inference])
  func oneQueryAStep(kind: AttentionScoreKind, mode: Context.Mode) {
    let context = Context(mode: mode)
    let score = Self.layer(kind, in: ParameterStore(seed: 3).root)
    let memory = score.prepare(Self.memory(context))
    let queries = Self.queries(kind, context)
    let whole = score.context(of: queries, over: memory).values
    let columns = Self.querySize(kind)
    for step in 0..<3 {
      // The sequences that still have a query.
      let counts = Self.queryLengths.map { $0 > step ? 1 : 0 }
      let rows = Self.queryLengths.indices.filter { counts[$0] == 1 }.map { index in
        Self.queryLengths[..<index].reduce(step, +)
      }
      let values = rows.flatMap { Array(queries.values[$0 * columns..<($0 + 1) * columns]) }
      let one = context.tensor(
        values, shape: [rows.count, columns], sequences: Sequences(lengths: counts))
      let found = score.context(of: one, over: memory).values
      let expected = rows.flatMap {
        Array(whole[$0 * score.contextSize..<($0 + 1) * score.contextSize])
      }
      #expect(Tolerance(relative: 2e-6).problem(found, expected) == nil)
    }
  }

  /// Looking gives the weights of every score, which sum to one over the memory's own rows.
  @Test(arguments: AttentionScoreKind.allCases)
  func weightsCanBeLookedAt(kind: AttentionScoreKind) throws {
    let context = Context(mode: .inference)
    let score = Self.layer(kind, in: ParameterStore(seed: 3).root)
    let maps = context.capturingAttention {
      score.context(of: Self.queries(kind, context), over: score.prepare(Self.memory(context)))
    }.maps
    try #require(maps.count == 1 && maps[0].count == 4)
    for (sequence, map) in maps[0].enumerated() {
      #expect(map.queryCount == Self.queryLengths[sequence])
      #expect(map.keyCount == Self.memoryLengths[sequence])
      #expect(map.headCount == (kind == .multiHead ? 2 : 1))
      for row in (0..<map.headCount).flatMap({ map.rows(ofHead: $0) }) {
        #expect(abs(row.reduce(0, +) - 1) < 1e-5 && row.allSatisfy { $0 >= 0 })
      }
    }
  }

  /// The weights seen are those that were used: the context is their sum of memory rows.
  @Test(arguments: [AttentionScoreKind.dot, .general, .concat, .additive])
  func contextsAreTheWeightedSums(kind: AttentionScoreKind) {
    let context = Context(mode: .inference)
    let score = Self.layer(kind, in: ParameterStore(seed: 3).root)
    let memory = Self.memory(context)
    let (output, maps) = context.capturingAttention {
      score.context(of: Self.queries(kind, context), over: score.prepare(memory))
    }
    var expected: [Double] = []
    let values = memory.values
    let offsets = Sequences(lengths: Self.memoryLengths).offsets
    for (sequence, map) in maps[0].enumerated() {
      for weights in map.rows(ofHead: 0) {
        var sum = [Double](repeating: 0, count: Self.memorySize)
        for (key, weight) in weights.enumerated() {
          let start = (offsets[sequence] + key) * Self.memorySize
          for column in sum.indices {
            sum[column] += Double(weight) * Double(values[start + column])
          }
        }
        expected += sum
      }
    }
    #expect(Tolerance(relative: 5e-6).problem(output.values, expected) == nil)
  }
}
