import Foundation
import SeqTensors
import SeqTestSupport
import Testing

/// Additive attention and products with some columns of a weight: values and gradients.
@Suite struct AdditiveAttentionTests {
  @Test(arguments: gradientChecks)
  func gradientsAgreeWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  static let gradientChecks: [GradientCheck] =
    [3, 16, 20].map { size in
      GradientCheck(
        "additive attention of \(size) columns",
        inputs: [
          .ragged([2, 0, 1, 4], size), .ragged([3, 2, 1, 18], size), .ragged([3, 2, 1, 18], 5),
        ],
        parameters: [[size]]
      ) { output($0, dropout: size == 16 ? 0.3 : 0) }
    } + [
      GradientCheck(
        "additive attention, keys and values of one tensor",
        inputs: [.ragged([2, 3], 4), .ragged([3, 2], 11)], parameters: [[4]]
      ) { scene in
        [
          additiveAttention(
            queries: scene[0].slice(0, size: 4), keys: scene[1].slice(0, size: 4),
            values: scene[1].slice(5, size: 6), vector: scene.parameters[0]
          ).output, scene[1],
        ]
      },
      GradientCheck(
        "additive attention, two calls over the same powers",
        inputs: [
          .ragged([1, 3], 4), .ragged([2, 1], 4), .ragged([3, 2], 4), .ragged([3, 2], 6),
        ],
        parameters: [[4]]
      ) { scene in
        let keys = scene[2].slice(0, size: 4)
        let powers = AdditivePowers(of: keys)
        return (0..<2).map { index in
          additiveAttention(
            queries: scene[index].slice(0, size: 4), keys: keys,
            values: scene[3].slice(0, size: 6), vector: scene.parameters[0], powers: powers
          ).output
        }
      },
      GradientCheck(
        "additive attention of constants",
        inputs: [
          GradientCheck.Input.ragged([2, 3], 4).constant,
          GradientCheck.Input.ragged([3, 2], 4).constant,
          GradientCheck.Input.ragged([3, 2], 6).constant,
        ], parameters: [[4]]
      ) { output($0) },
      GradientCheck("attention, another scale", inputs: [.ragged([2, 3], 24)]) { scene in
        attention(
          queries: scene[0].slice(0, size: 8), keys: scene[0].slice(8, size: 8),
          values: scene[0].slice(16, size: 8), headCount: 2, scale: 1.3
        ).output
      },
      GradientCheck(
        "linear, some columns of a weight", inputs: [.rows(4, 3), .rows(4, 5)],
        parameters: [[6, 8], [6]]
      ) { scene in
        let (weight, bias) = (scene.parameters[0], scene.parameters[1])
        return [
          scene[0].linear(weight: weight, weightColumns: 0..<3, bias: bias)
            + scene[1].linear(weight: weight, weightColumns: 3..<8), scene[0],
        ]
      },
    ]

  @Sendable private static func output(_ scene: GradientCheck.Scene, dropout: Double = 0)
    -> Tensor
  {
    additiveAttention(
      queries: scene[0].slice(0, size: scene[0].shape.columns),
      keys: scene[1].slice(0, size: scene[1].shape.columns),
      values: scene[2].slice(0, size: scene[2].shape.columns), vector: scene.parameters[0],
      dropout: dropout
    ).output
  }

  /// Against the formula in double precision, and what looking gives.
  @Test(arguments: [Context.Mode.training, .inference], [1, 16, 37])
  func agreesWithTheFormula(mode: Context.Mode, size: Int) {
    let context = Context(mode: mode)
    let (rows, memory) = (Sequences(lengths: [2, 0, 1, 3]), Sequences(lengths: [4, 3, 0, 20]))
    var seeded = SeededValues("formula", size)
    let q = seeded.normal(rows.tokenCount * size)
    // Some far out, where e²ˣ alone would not fit.
    let k = seeded.normal(memory.tokenCount * size).map { $0 > 2 ? 35 : $0 }
    let values = seeded.normal(memory.tokenCount * 6)
    let vector = ParameterStore().root.parameter("v", [size], .normal(deviation: 1))
    let v = vector.values
    let ((output, _), maps) = context.capturingAttention {
      additiveAttention(
        queries: context.tensor(q, shape: [rows.tokenCount, size], sequences: rows)
          .slice(0, size: size),
        keys: context.tensor(k, shape: [memory.tokenCount, size], sequences: memory)
          .slice(0, size: size),
        values: context.tensor(values, shape: [memory.tokenCount, 6], sequences: memory)
          .slice(0, size: 6), vector: vector)
    }
    func score(query row: Int, key: Int) -> Double {
      var sum = 0.0
      for column in 0..<size {
        let argument = Double(q[row * size + column]) + Double(k[key * size + column])
        sum += Double(v[column]) * tanh(argument)
      }
      return sum
    }
    var expected: [Double] = []
    for sequence in rows.lengths.indices {
      for query in 0..<rows.lengths[sequence] {
        let row = rows.offsets[sequence] + query
        let keys = memory.offsets[sequence]..<memory.offsets[sequence + 1]
        let exponentials = keys.map { exp(score(query: row, key: $0)) }
        let sum = exponentials.reduce(0, +)
        var context = [Double](repeating: 0, count: 6)
        for (index, key) in keys.enumerated() {
          let weight = exponentials[index] / sum
          #expect(abs(Double(maps[0][sequence][0, query, index]) - weight) < 3e-6)
          for column in 0..<6 { context[column] += weight * Double(values[key * 6 + column]) }
        }
        expected += context
      }
    }
    #expect(Tolerance(relative: 5e-6).problem(output.values, expected) == nil)
  }

  /// The parts of a product that inputs have in it add up to the product with all of them.
  @Test(arguments: [Context.Mode.training, .inference])
  func columnsOfAWeightAddUp(mode: Context.Mode) {
    let context = Context(mode: mode)
    let weight = ParameterStore().root.parameter("w", [6, 9], .normal(deviation: 1))
    var seeded = SeededValues("columns")
    let (a, b) = (seeded.normal(5 * 4), seeded.normal(5 * 5))
    var joined: [Float] = []
    for row in 0..<5 {
      joined += a[row * 4..<(row + 1) * 4]
      joined += b[row * 5..<(row + 1) * 5]
    }
    let whole = context.tensor(joined, shape: [5, 9]).linear(weight: weight)
    let parts =
      context.tensor(a, shape: [5, 4]).linear(weight: weight, weightColumns: 0..<4)
      + context.tensor(b, shape: [5, 5]).linear(weight: weight, weightColumns: 4..<9)
    #expect(Tolerance(relative: 1e-6).problem(parts.values, whole.values) == nil)
  }
}
