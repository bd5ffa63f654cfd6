import SeqTensors
import Testing

@Suite struct RandomTests {
  private static let count = 200_000

  /// Mean and central moments two to four.
  private static func moments(_ values: [Double]) -> [Double] {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    return [mean]
      + (2...4).map { power in
        values.reduce(0) { sum, value in
          sum + (0..<power).reduce(1) { product, _ in product * (value - mean) }
        } / n
      }
  }

  @Test(arguments: [0, 1, 12345] as [UInt64])
  func uniform(_ seed: UInt64) {
    var random = CountedRandom(seed)
    let values = (0..<Self.count).map { _ in random.uniform() }
    #expect(values.allSatisfy { 0 <= $0 && $0 < 1 })
    let moments = Self.moments(values)
    #expect(abs(moments[0] - 0.5) < 4 * (1.0 / 12 / Double(Self.count)).squareRoot())
    #expect(abs(moments[1] - 1.0 / 12) < 1e-3)
    #expect(abs(moments[2]) < 5e-4)
    #expect(abs(moments[3] - 1.0 / 80) < 3e-4)
    // χ² over 256 cells: 255 ± 4.5 deviations.
    var cells = [Int](repeating: 0, count: 256)
    for value in values { cells[Int(value * 256)] += 1 }
    let expected = Double(Self.count) / 256
    let square = cells.reduce(0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    #expect(abs(square - 255) < 4.5 * 510.0.squareRoot())
  }

  @Test(arguments: [0, 1, 12345] as [UInt64])
  func normal(_ seed: UInt64) {
    var random = CountedRandom(seed, 7)
    let values = (0..<Self.count).map { _ in random.normal() }
    let moments = Self.moments(values)
    #expect(abs(moments[0]) < 0.01)
    #expect(abs(moments[1] - 1) < 0.015)
    #expect(abs(moments[2]) < 0.03)
    #expect(abs(moments[3] - 3) < 0.12)
    // Neighbours are not alike.
    let product = zip(values, values.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(product / Double(Self.count)) < 0.01)
  }

  @Test func aKeyAlwaysGivesTheSame() {
    func draws(_ random: CountedRandom) -> [UInt64] {
      var random = random
      return (0..<8).map { _ in random.next() }
    }
    #expect(draws(CountedRandom(1, 2)) == draws(CountedRandom(1, 2)))
    let streams = [
      CountedRandom(), CountedRandom(0), CountedRandom(0, 0), CountedRandom(1), CountedRandom(1, 2),
      CountedRandom(2, 1), CountedRandom(1 << 63),
    ].map(draws)
    #expect(Set(streams.joined()).count == 8 * streams.count)
    #expect(CountedRandom.hash("ab") != CountedRandom.hash("ba"))
    #expect(CountedRandom.hash("e\u{301}") != CountedRandom.hash("\u{e9}"))
  }

  @Test func parametersStartByNameNotByOrder() {
    func values(_ names: [String], seed: UInt64) -> [String: [Float]] {
      let store = ParameterStore(seed: seed)
      for name in names { _ = store.root["a"].parameter(name, [3, 5], .normal(deviation: 1)) }
      return Dictionary(
        uniqueKeysWithValues: store.parameters.map { ($0.name, $0.values) })
    }
    let one = values(["x", "y", "z"], seed: 1)
    #expect(one == values(["z", "x", "y"], seed: 1))
    #expect(one["a.x"] != one["a.y"])
    #expect(one["a.x"] != values(["x"], seed: 2)["a.x"])
  }

  @Test func initialValuesHaveTheirSpread() {
    let store = ParameterStore()
    let normal = store.root.parameter("normal", [300, 300], .normal(deviation: 0.02)).values
    #expect(abs(Self.moments(normal.map { Double($0) })[1].squareRoot() - 0.02) < 3e-4)
    let uniform = store.root.parameter("uniform", [100, 100], .uniform(bound: 0.5)).values
    #expect(uniform.allSatisfy { abs($0) <= 0.5 })
    #expect(abs((uniform.max() ?? 0) - 0.5) < 1e-3 && abs((uniform.min() ?? 0) + 0.5) < 1e-3)
    // Three stacked matrices of [100, 50]: ± √(6 / 150).
    let xavier = store.root.parameter("xavier", [300, 50], .xavierUniform(blocks: 3)).values
    #expect(abs((xavier.max() ?? 0) - 0.2) < 1e-3 && abs((xavier.min() ?? 0) + 0.2) < 1e-3)
    #expect(store.valueCount == 90_000 + 10_000 + 15_000)
    #expect(store["xavier"]?.shape == [300, 50])
    #expect(store["nothing"] == nil)
  }
}
