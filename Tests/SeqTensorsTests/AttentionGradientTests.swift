import SeqTensors
import SeqTestSupport
import Testing

@Suite struct AttentionGradientTests {
  @Test(arguments: shapes + projections + masks + relative)
  func agreesWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  /// Every head size and key count at which the kernels take another path.
  static let shapes: [GradientCheck] = [4, 8, 16, 20, 32].flatMap { headSize in
    [1, 5, 16, 17, 33, 40].map { keyCount in
      let size = 2 * headSize
      let queryCount = keyCount == 17 ? 8 : 3
      return GradientCheck(
        "attention, \(keyCount) keys, heads of \(headSize)",
        inputs: [
          .ragged([queryCount, 1], size), .ragged([keyCount, 2], size),
          .ragged([keyCount, 2], size),
        ]
      ) { output($0, headCount: 2, dropout: headSize == 8 ? 0.3 : 0) }
    }
  }

  static let projections: [GradientCheck] = [
    GradientCheck("self-attention", inputs: [.ragged([5, 0, 3], 24)]) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[0].slice(8, size: 8),
        values: scene[0].slice(16, size: 8), headCount: 2
      ).output
    },
    GradientCheck("self-attention, causal, dropout", inputs: [.ragged([5, 0, 18], 24)]) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[0].slice(8, size: 8),
        values: scene[0].slice(16, size: 8), headCount: 1, mask: .causal, dropout: 0.2
      ).output
    },
    GradientCheck("self-attention, a column left out", inputs: [.ragged([5, 2], 25)]) { scene in
      [
        attention(
          queries: scene[0].slice(0, size: 8), keys: scene[0].slice(8, size: 8),
          values: scene[0].slice(17, size: 8), headCount: 2
        ).output, 0.5 * scene[0],
      ]
    },
    GradientCheck("self-attention of one projection", inputs: [.ragged([5, 2], 8)]) { scene in
      let all = scene[0].slice(0, size: 8)
      return attention(queries: all, keys: all, values: all, headCount: 2).output + scene[0]
    },
    GradientCheck(
      "cross-attention, fused keys and values",
      inputs: [.ragged([2, 0, 3], 8), .ragged([4, 3, 1], 16)]
    ) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[1].slice(0, size: 8),
        values: scene[1].slice(8, size: 8), headCount: 4
      ).output
    },
    GradientCheck(
      "cross-attention over a constant",
      inputs: [.ragged([2, 3], 8), .ragged([4, 3], 16).constant]
    ) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[1].slice(0, size: 8),
        values: scene[1].slice(8, size: 8), headCount: 2
      ).output
    },
    GradientCheck(
      "cross-attention of a constant", inputs: [.ragged([4, 3], 8).constant, .ragged([4, 3], 16)]
    ) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[1].slice(0, size: 8),
        values: scene[1].slice(8, size: 8), headCount: 2
      ).output
    },
    GradientCheck(
      "cross-attention of constant queries and keys",
      inputs: [.ragged([4, 3], 8).constant, .ragged([4, 3], 8).constant, .ragged([4, 3], 8)]
    ) { output($0, headCount: 2) },
    GradientCheck(
      "attention, empty memory beside a full one",
      inputs: [.ragged([2, 3], 8), .ragged([0, 3], 8), .ragged([0, 3], 8)]
    ) { output($0, headCount: 2) },
    GradientCheck(
      "attention, nothing but an empty memory", inputs: [.ragged([2], 8), .ragged([0], 8)],
      expectsZero: true
    ) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[1].slice(0, size: 8),
        values: scene[1].slice(0, size: 8), headCount: 2
      ).output
    },
  ]

  private static let slopes = DistanceSlopes(before: [0.5, 0.25], after: [0.125, 1])

  /// Terms one by one, over sequences shorter and longer than what they tell apart.
  static let relative: [GradientCheck] =
    [
      term("slopes", []) { _ in [.slopes(slopes)] },
      term("biases", [[8, 2]]) {
        [.biases($0[1], .logarithmic(count: 8, maximum: 10, twoSided: true))]
      },
      term("products with queries, one table for all heads", [[7, 4]]) {
        [.queryProducts($0[1], .clipped(maximum: 3))]
      },
      term("products with queries", [[8, 8]]) { [.queryProducts($0[1], .spanned(4))] },
      term("products with keys", [[8, 8]]) { [.keyProducts($0[1], .spanned(4))] },
      term("all of them", [[8, 8], [8, 2], [8, 8]], scale: 0.2) {
        [
          .keyProducts($0[1], .spanned(4)), .slopes(slopes),
          .biases($0[2], .logarithmic(count: 8, maximum: 10, twoSided: false)),
          .queryProducts($0[3], .spanned(4)),
        ]
      },
    ]
    + [false, true].map { cutsShort in
      GradientCheck(
        "rotary positions\(cutsShort ? ", first columns" : "")", inputs: [.ragged([5, 0, 3], 24)]
      ) { $0[0].rotated(RotaryPositions(headSize: 4), columnCount: cutsShort ? 16 : 24) }
    }

  private static func term(
    _ name: String, _ tables: [Shape], scale: Float? = nil,
    _ terms: @escaping @Sendable (GradientCheck.Scene) -> [RelativePositions.Term]
  ) -> GradientCheck {
    GradientCheck(
      "relative positions: \(name)",
      inputs: [.ragged([5, 0, 18], 24)] + tables.map { .rows($0[0], $0[1]) }
    ) { scene in
      attention(
        queries: scene[0].slice(0, size: 8), keys: scene[0].slice(8, size: 8),
        values: scene[0].slice(16, size: 8), headCount: 2, mask: .causal,
        relative: RelativePositions(terms(scene), scale: scale), dropout: 0.2
      ).output
    }
  }

  static let masks: [GradientCheck] = [
    masked("causal", .causal, queries: [6, 3], keys: [6, 3]),
    masked("causal, more keys than queries", .causal, queries: [2, 3], keys: [6, 20]),
    masked("causal, more queries than keys", .causal, queries: [9, 3], keys: [4, 3]),
    masked("one matrix for all", .hidden(each: [checkers(5, 4)]), queries: [5, 5], keys: [4, 4]),
    masked(
      "a matrix for each", .hidden(each: [checkers(5, 4), checkers(2, 17)]), queries: [5, 2],
      keys: [4, 17]),
    masked(
      "matrix and causal", AttentionMask.causal.union(.hidden(each: [checkers(20, 20)])),
      queries: [20], keys: [20]),
    masked("padding", .padding(lengths: [3, 0]), queries: [5, 5], keys: [5, 4]),
    masked(
      "window and global position", .window(before: 1, after: 2, globalPositions: [4]),
      queries: [9, 5], keys: [9, 5]),
    masked(
      "a row without keys",
      .hidden(each: [BooleanTensor(rows: 3, columns: 5) { row, _ in row == 1 }]),
      queries: [3], keys: [5]),
  ]

  private static func masked(
    _ name: String, _ mask: AttentionMask, queries: [Int], keys: [Int]
  ) -> GradientCheck {
    GradientCheck(
      "attention, " + name, inputs: [.ragged(queries, 8), .ragged(keys, 8), .ragged(keys, 8)]
    ) { output($0, headCount: 2, mask: mask, dropout: 0.1) }
  }

  private static func checkers(_ rows: Int, _ columns: Int) -> BooleanTensor {
    BooleanTensor(rows: rows, columns: columns) { ($0 + 2 * $1) % 3 == 0 }
  }

  @Sendable private static func output(
    _ scene: GradientCheck.Scene, headCount: Int, mask: AttentionMask = .none, dropout: Double = 0
  ) -> Tensor {
    let size = scene[0].shape.columns
    return attention(
      queries: scene[0].slice(0, size: size), keys: scene[1].slice(0, size: size),
      values: scene[2].slice(0, size: size), headCount: headCount, mask: mask, dropout: dropout
    ).output
  }
}
