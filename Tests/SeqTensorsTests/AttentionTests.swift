import Foundation
import SeqTensors
import SeqTestSupport
import Testing

/// Attention against its formula in double precision.
@Suite struct AttentionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var queries: [Int]
    var keys: [Int]
    var headCount: Int
    var headSize: Int
    var isCausal = false
    /// For every sequence, or one for all.
    var hidden: [BooleanTensor] = []

    var mask: AttentionMask {
      let causal: AttentionMask = isCausal ? .causal : .none
      return hidden.isEmpty ? causal : causal.union(.hidden(each: hidden))
    }

    var testDescription: String {
      "\(queries) × \(keys), \(headCount) heads of \(headSize), causal \(isCausal), "
        + "\(hidden.count) matrices"
    }
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for headSize in [4, 8, 16, 20, 32, 64, 100] {
      for keyCount in [1, 5, 16, 17, 33, 40] {
        cases.append(
          Case(
            queries: [keyCount, 7], keys: [keyCount, 2], headCount: 2, headSize: headSize,
            isCausal: keyCount % 2 == 0))
      }
    }
    cases += [
      Case(queries: [3, 0, 2], keys: [0, 4, 9], headCount: 3, headSize: 5),
      Case(queries: [], keys: [], headCount: 2, headSize: 4),
      Case(queries: [9], keys: [4], headCount: 1, headSize: 8, isCausal: true),
      Case(queries: [2], keys: [37], headCount: 1, headSize: 8, isCausal: true),
      Case(
        queries: [6, 6], keys: [35, 35], headCount: 2, headSize: 8, hidden: [stripes(6, 35)]),
      Case(
        queries: [6, 20], keys: [35, 20], headCount: 2, headSize: 8,
        isCausal: true,
        hidden: [stripes(6, 35), stripes(20, 20)]),
    ]
    return cases
  }()

  private static func stripes(_ rows: Int, _ columns: Int) -> BooleanTensor {
    // The second query sees nothing at all.
    BooleanTensor(rows: rows, columns: columns) { row, column in
      row == 1 || (row + column) % 4 == 0
    }
  }

  @Test(arguments: cases, [Context.Mode.training, .inference])
  func agreesWithTheFormula(_ c: Case, _ mode: Context.Mode) {
    let context = Context(mode: mode)
    let size = c.headCount * c.headSize
    let (rows, columns) = (Sequences(lengths: c.queries), Sequences(lengths: c.keys))
    var seeded = SeededValues(c.testDescription)
    // Queries from the middle of a wider tensor, keys and values from one.
    let q = seeded.normal(rows.tokenCount * (size + 6))
    let kv = seeded.normal(columns.tokenCount * 2 * size)
    let queries = context.tensor(q, shape: [rows.tokenCount, size + 6], sequences: rows)
    let memory = context.tensor(kv, shape: [columns.tokenCount, 2 * size], sequences: columns)
    let (output, weights) = attention(
      queries: queries.slice(3, size: size), keys: memory.slice(0, size: size),
      values: memory.slice(size, size: size), headCount: c.headCount, mask: c.mask)

    var expected = [Double](repeating: 0, count: rows.tokenCount * size)
    for sequence in c.queries.indices {
      for head in 0..<c.headCount {
        for query in 0..<c.queries[sequence] {
          let row = rows.offsets[sequence] + query
          func key(_ index: Int, _ column: Int) -> Int {
            (columns.offsets[sequence] + index) * 2 * size + head * c.headSize + column
          }
          let isHidden = (0..<c.keys[sequence]).map { key in
            let matrix =
              c.hidden.isEmpty ? nil : c.hidden[c.hidden.count == 1 ? 0 : sequence]
            return matrix?[query, key] ?? false
              || c.isCausal && key > query + c.keys[sequence] - c.queries[sequence]
          }
          let scores = (0..<c.keys[sequence]).map { index in
            (0..<c.headSize).reduce(0.0) {
              $0 + Double(q[row * (size + 6) + 3 + head * c.headSize + $1])
                * Double(kv[key(index, $1)])
            } / Double(c.headSize).squareRoot()
          }
          let exponentials = zip(scores, isHidden).map { $1 ? 0 : exp($0) }
          let total = exponentials.reduce(0, +)
          for index in 0..<c.keys[sequence] {
            let weight = total > 0 ? exponentials[index] / total : 0
            let found = weights.weight(sequence: sequence, head: head, query: query, key: index)
            #expect(abs(Double(found) - weight) < 2e-6)
            #expect(!isHidden[index] || found == 0)
            for column in 0..<c.headSize {
              expected[row * size + head * c.headSize + column] +=
                weight * Double(kv[key(index, size + column)])
            }
          }
        }
      }
    }
    #expect(Tolerance(relative: 3e-6).problem(output.values, expected) == nil)
    #expect(output.shape == [rows.tokenCount, size])
    #expect(output.sequences === rows)
  }

  @Test func rowsWithNothingToAttendToAreZero() {
    let context = Context(mode: .training)
    let sequences = Sequences(lengths: [3])
    var seeded = SeededValues("nothing")
    let x = context.variable(seeded.normal(24), shape: [3, 8], sequences: sequences)
    let all = x.slice(0, size: 8)
    let hidden = BooleanTensor(rows: 3, columns: 3) { row, _ in row != 1 }
    let output = attention(
      queries: all, keys: all, values: all, headCount: 2, mask: .hidden(each: [hidden]),
      dropout: 0.5
    ).output
    let zeros = [Float](repeating: 0, count: 8)
    #expect(Array(output.values[0..<8]) == zeros)
    #expect(Array(output.values[8..<16]) != zeros)
    #expect(Array(output.values[16..<24]) == zeros)
    let gradient = output.sum().backward(to: [x])[0]
    #expect(gradient.allSatisfy { $0.isFinite })
    #expect(gradient.contains { $0 != 0 })
  }

  /// A broken number shows where it enters; it is not taken for a masked key.
  @Test func notANumberShowsThrough() {
    let context = Context(mode: .inference)
    let sequences = Sequences(lengths: [2])
    let x = context.tensor([.nan, 1, 1, 1], shape: [2, 2], sequences: sequences)
    let y = context.tensor([1, 1, 1, 1], shape: [2, 2], sequences: sequences)
    let output = attention(
      queries: x.slice(0, size: 2), keys: y.slice(0, size: 2), values: y.slice(0, size: 2),
      headCount: 1
    ).output.values
    #expect(output[0].isNaN && output[1].isNaN)
    #expect(output[2] == 1 && output[3] == 1)
  }

  /// A sequence's result has the same bits alone and in a batch.
  @Test func sequencesDoNotSeeEachOther() {
    let lengths = [5, 17, 1, 30]
    var seeded = SeededValues("batch")
    let values = lengths.map { seeded.normal($0 * 48) }
    func run(_ indices: [Int]) -> [Float] {
      let context = Context(mode: .inference)
      let sequences = Sequences(lengths: indices.map { lengths[$0] })
      let x = context.tensor(
        Array(indices.map { values[$0] }.joined()), shape: [sequences.tokenCount, 48],
        sequences: sequences)
      return attention(
        queries: x.slice(0, size: 16), keys: x.slice(16, size: 16), values: x.slice(32, size: 16),
        headCount: 2, mask: .causal
      ).output.values
    }
    let alone = lengths.indices.map { run([$0]) }
    #expect(run([0, 1, 2, 3]) == Array(alone.joined()))
    #expect(run([3, 1]) == alone[3] + alone[1])
  }
}
