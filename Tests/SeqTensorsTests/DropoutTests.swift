import Foundation
import SeqTensors
import SeqTestSupport
import Testing

@Suite struct DropoutTests {
  /// The factors that a dropout multiplies by.
  private static func factors(
    _ rate: Double, rows: Int, columns: Int, key: UInt64 = 1, sequences: Sequences? = nil,
    skipping: Int = 0
  ) -> [Float] {
    let context = Context(mode: .training)
    context.seedDropout(key)
    let ones = context.tensor(
      [Float](repeating: 1, count: rows * columns), shape: [rows, columns], sequences: sequences)
    for _ in 0..<skipping { _ = ones.dropout(rate) }
    return ones.dropout(rate).values
  }

  /// How many standard deviations the agreement of two draws lies from that of independent ones.
  private static func dependence(
    _ a: some Sequence<Float>, _ b: some Sequence<Float>, _ rate: Double
  )
    -> Double
  {
    let pairs = zip(a, b).map { ($0 == 0) == ($1 == 0) }
    let expected = rate * rate + (1 - rate) * (1 - rate)
    let share = Double(pairs.count { $0 }) / Double(pairs.count)
    return abs(share - expected) / (expected * (1 - expected) / Double(pairs.count)).squareRoot()
  }

  @Test(arguments: [0.01, 0.1, 0.3, 0.5, 0.9])
  func dropsTheShareAsked(_ rate: Double) {
    let (rows, columns) = (500, 500)
    let factors = Self.factors(rate, rows: rows, columns: columns)
    let dropped = factors.count { $0 == 0 }
    let count = Double(rows * columns)
    let deviation = (rate * (1 - rate) * count).squareRoot()
    #expect(abs(Double(dropped) - rate * count) < 4 * deviation)
    // What is kept is scaled by the inverse of the keep probability used, a multiple of 1/65536.
    let keep = ((1 - rate) * 65536).rounded() / 65536
    #expect(Set(factors) == [0, Float(1 / keep)])
    // No row and no column is drawn otherwise than the others: χ² of counts, about normal.
    let byRow = (0..<rows).map { row in
      Double(factors[row * columns..<(row + 1) * columns].count { $0 == 0 })
    }
    let byColumn = (0..<columns).map { column in
      Double((0..<rows).count { factors[$0 * columns + column] == 0 })
    }
    for counts in [byRow, byColumn] {
      let n = count / Double(counts.count)
      let square = counts.reduce(0) {
        $0 + ($1 - rate * n) * ($1 - rate * n) / (rate * (1 - rate) * n)
      }
      let degrees = Double(counts.count)
      #expect(abs(square - degrees) < 4.5 * (2 * degrees).squareRoot())
    }
  }

  @Test func rowsColumnsOperationsAndStepsDrawApart() {
    let (rows, columns, rate) = (64, 512, 0.3)
    let base = Self.factors(rate, rows: rows, columns: columns)
    func row(_ index: Int) -> ArraySlice<Float> { base[index * columns..<(index + 1) * columns] }
    for distance in [1, 2, 16, 32] {
      // All rows against those so many further on; all columns likewise.
      #expect(Self.dependence(base, base.dropFirst(distance * columns), rate) < 4)
      let left = (0..<rows).flatMap { row($0).dropLast(distance) }
      let right = (0..<rows).flatMap { row($0).dropFirst(distance) }
      #expect(Self.dependence(left, right, rate) < 4)
    }
    let next = Self.factors(rate, rows: rows, columns: columns, skipping: 1)
    #expect(Self.dependence(base, next, rate) < 4)
    for key: UInt64 in [0, 2, 3, 1 << 32, 1 | 1 << 40] {
      let other = Self.factors(rate, rows: rows, columns: columns, key: key)
      #expect(Self.dependence(base, other, rate) < 4)
    }
    #expect(Self.factors(rate, rows: rows, columns: columns) == base)
  }

  /// Weights of 1 on equal keys: the output shows which weights were dropped.
  @Test func headsDrawApart() {
    let (headCount, keyCount, queryCount, rate) = (8, 32, 200, 0.4)
    let context = Context(mode: .training)
    let size = headCount * keyCount
    let queries = Sequences(lengths: [queryCount])
    let keys = Sequences(lengths: [keyCount])
    let zeros = context.tensor(
      [Float](repeating: 0, count: queryCount * size), shape: [queryCount, size],
      sequences: queries)
    // In every head the identity, so that column j of the output is weight j, times 32.
    let identity = (0..<keyCount * size).map { index -> Float in
      (index % size) % keyCount == index / size ? 32 : 0
    }
    let values = context.tensor(identity, shape: [keyCount, size], sequences: keys)
    let nothing = context.tensor(
      [Float](repeating: 0, count: keyCount * size), shape: [keyCount, size], sequences: keys)
    let output = attention(
      queries: zeros.slice(0, size: size), keys: nothing.slice(0, size: size),
      values: values.slice(0, size: size), headCount: headCount, dropout: rate
    ).output.values
    func head(_ index: Int) -> [Float] {
      (0..<queryCount).flatMap { row -> ArraySlice<Float> in
        let start = row * size + index * keyCount
        return output[start..<start + keyCount]
      }
    }
    let heads = (0..<headCount).map(head)
    let keep = ((1 - rate) * 65536).rounded() / 65536
    for a in 0..<headCount {
      #expect(heads[a].allSatisfy { $0 == 0 || abs(Double($0) * keep - 1) < 1e-5 })
      for b in 0..<a { #expect(Self.dependence(heads[a], heads[b], rate) < 4) }
      // Neighbouring rows too.
      #expect(Self.dependence(heads[a], heads[a].dropFirst(keyCount), rate) < 4)
    }
  }

  /// What a sequence draws depends on its row ids, not on its place in a batch.
  @Test func doesNotDependOnTheBatch() {
    let lengths = [4, 9, 1, 6]
    let first: [UInt32] = [1000, 17, 4_000_000_000, 3]
    var seeded = SeededValues("division")
    let ids = lengths.map { seeded.ids($0, below: 11) }
    let store = ParameterStore()
    let table = store.root.parameter("table", [11, 48], .normal(deviation: 1))
    let weight = store.root.parameter("weight", [144, 48], .normal(deviation: 0.2))
    let gain = store.root.parameter("gain", [48], .constant(1))
    let bias = store.root.parameter("bias", [48], .constant(0))
    func run(_ indices: [Int]) -> [Float] {
      let context = Context(mode: .training, store: store)
      context.seedDropout(99)
      let sequences = Sequences(
        lengths: indices.map { lengths[$0] }, firstRowIDs: indices.map { first[$0] })
      let x = context.embed(
        Array(indices.map { ids[$0] }.joined()), in: table, sequences: sequences, dropout: 0.2)
      let qkv = x.linear(weight: weight)
      let heads = attention(
        queries: qkv.slice(0, size: 48), keys: qkv.slice(48, size: 48),
        values: qkv.slice(96, size: 48), headCount: 3, dropout: 0.2
      ).output
      let (sum, norm) = x.addingNorm(heads, dropout: 0.3, weight: gain, bias: bias)
      let result = sum.adding(norm.dropout(0.1), dropout: 0.4)
      let values = result.values
      _ = result.sum().backward()
      return values
    }
    let alone = lengths.indices.map { run([$0]) }
    for order in [[0, 1, 2, 3], [3, 0], [2, 1]] {
      let expected = Array(order.map { alone[$0] }.joined())
      let found = run(order)
      // Which elements are dropped is the same; products may round otherwise.
      #expect(Tolerance.golden.problem(found, expected) == nil)
      #expect(Tolerance(relative: 1e-5).problem(found, expected) == nil)
    }
    // And other ids draw otherwise.
    #expect(alone[0] != alone[3].prefix(alone[0].count).map { $0 })
  }

  @Test func ratesNextToNothingAndEverything() {
    // Rounded to a keep probability of 1: nothing happens, bit for bit.
    #expect(Self.factors(1e-6, rows: 10, columns: 70) == [Float](repeating: 1, count: 700))
    #expect(Self.factors(0, rows: 10, columns: 70) == [Float](repeating: 1, count: 700))
    // The least rate that does something.
    let least = Set(Self.factors(1.0 / 65536, rows: 1000, columns: 1000))
    #expect(least == [0, Float(65536.0 / 65535)])
    // All but everything dropped: still finite.
    let most = Self.factors(0.999_999_9, rows: 1000, columns: 1000)
    #expect(Set(most) == [0, 65536])
    #expect(abs(Double(most.count { $0 != 0 }) - 1e6 / 65536) < 20)
  }

  @Test func inferenceDropsNothing() {
    let context = Context(mode: .inference)
    let x = context.tensor([1, 2, 3], shape: [1, 3])
    #expect(x.dropout(0.9).values == [1, 2, 3])
    #expect(x.adding(x, dropout: 0.9).values == [2, 4, 6])
  }
}
