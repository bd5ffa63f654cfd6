import Foundation
import SeqKernels
import Testing

@Suite struct VocabularyTests {
  private static func best(_ row: [Float], _ count: Int) -> (tokens: [Int32], scores: [Float]) {
    var tokens = [Int32](repeating: -1, count: count)
    var scores = [Float](repeating: .nan, count: count)
    Kernels.best(
      row, columns: row.count, count: count, tokens: &tokens, logProbabilities: &scores)
    return (tokens, scores)
  }

  private static func logSoftmax(_ row: [Float]) -> [Float] {
    var y = row
    Kernels.logSoftmax(row, into: &y, columns: row.count)
    return y
  }

  /// In double precision.
  private static func exactLogSoftmax(_ row: [Float]) -> [Double] {
    let m = row.reduce(-Double.infinity) { max($0, Double($1)) }
    let normalizer = m + log(row.reduce(0) { $0 + exp(Double($1) - m) })
    return row.map { Double($0) - normalizer }
  }

  /// Stable: equal ones by lower index.
  private static func sorted(_ row: [Float]) -> [Int32] {
    row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }.map { Int32($0) }
  }

  @Test(arguments: [1, 3, 63, 64, 65, 200, 5000])
  func bestIsTheHeadOfASort(_ columns: Int) {
    var values = TestValues(seed: UInt64(columns))
    for round in 0..<20 {
      // Every other row is rounded to few values, so that ties are many.
      let row = values.normal(columns).map { round % 2 == 0 ? $0 : ($0 * 2).rounded() }
      let order = Self.sorted(row)
      for count in [1, 2, 5, 16, columns] where count <= min(columns, 200) {
        #expect(Self.best(row, count).tokens == Array(order.prefix(count)))
      }
    }
  }

  @Test func bestOfRisingAndFallingRows() {
    let rising = (0..<300).map { Float($0) }
    #expect(Self.best(rising, 3).tokens == [299, 298, 297])
    #expect(Self.best(rising.reversed(), 3).tokens == [0, 1, 2])
    #expect(Self.best([Float](repeating: 2, count: 130), 4).tokens == [0, 1, 2, 3])
  }

  @Test func bestWithForbiddenTokens() {
    var row = [Float](repeating: -.infinity, count: 150)
    (row[149], row[70]) = (1, 2)
    let (tokens, scores) = Self.best(row, 4)
    #expect(tokens == [70, 149, 0, 1])
    #expect(abs(scores[0] + 0.313_261_7) < 1e-6)
    #expect(abs(scores[1] + 1.313_261_7) < 1e-6)
    #expect(scores[2] == -.infinity && scores[3] == -.infinity)
  }

  /// Search takes its scores from either: they must be the same numbers.
  @Test func bestScoresAreTheRowsScores() {
    var values = TestValues(seed: 8)
    for columns in [5, 64, 1000, 32_003] {
      let row = values.normal(columns)
      let all = Self.logSoftmax(row)
      let (tokens, scores) = Self.best(row, 5)
      #expect(scores.map { $0.bitPattern } == tokens.map { all[Int($0)].bitPattern })
    }
  }

  @Test(arguments: [Float(0), 50, -3000])
  func logSoftmaxAtAnOffset(_ offset: Float) {
    var values = TestValues(seed: 5)
    for columns in [1, 7, 64, 1003] {
      // Multiples of 1/1024, so that adding the offset is exact.
      let row = values.normal(columns).map { ($0 * 1024).rounded() / 1024 + offset }
      let difference = zip(Self.logSoftmax(row), Self.exactLogSoftmax(row)).map {
        abs(Double($0) - $1)
      }
      #expect(largest(difference) < 2e-6)
    }
  }

  @Test func crossEntropyAgreesWithDoublePrecision() {
    var values = TestValues(seed: 6)
    let (rows, columns, smoothing) = (4, 77, 0.1)
    let logits = values.normal(rows * columns)
    let labels: [Int32] = [0, 76, 30, 31]
    var buffer = logits
    let sums = Kernels.crossEntropy(
      &buffer, labels: labels, rows: rows, columns: columns, smoothing: Float(smoothing),
      gradientScale: nil)
    #expect(buffer == logits)
    var (loss, likelihood, correct) = (0.0, 0.0, 0)
    var gradient: [Double] = []
    for row in 0..<rows {
      let part = Array(logits[row * columns..<(row + 1) * columns])
      let scores = Self.exactLogSoftmax(part)
      let label = Int(labels[row])
      likelihood -= scores[label]
      loss -=
        (1 - smoothing) * scores[label] + smoothing / Double(columns) * scores.reduce(0, +)
      correct += part.max() == part[label] ? 1 : 0
      gradient += scores.indices.map {
        3 * (exp(scores[$0]) - smoothing / Double(columns) - ($0 == label ? 1 - smoothing : 0))
      }
    }
    #expect(abs(sums.loss - loss) < 1e-5)
    #expect(abs(sums.negativeLogLikelihood - likelihood) < 1e-5)
    #expect(sums.correctCount == correct)
    let again = Kernels.crossEntropy(
      &buffer, labels: labels, rows: rows, columns: columns, smoothing: Float(smoothing),
      gradientScale: 3)
    #expect(abs(again.loss - loss) < 1e-5)
    #expect(again.correctCount == correct)
    #expect(largest(zip(buffer, gradient).map { abs(Double($0) - $1) }) < 1e-6)
  }

  @Test func correctCountsTheLikeliest() {
    var logits: [Float] = [1, 3, 2, 5, 0, 0]
    let sums = Kernels.crossEntropy(
      &logits, labels: [1, 2], rows: 2, columns: 3, smoothing: 0, gradientScale: nil)
    #expect(sums.correctCount == 1)
  }

  /// A model that says everything is equally likely is not right about every token.
  @Test(arguments: [nil, Float(1)]) func ofEqualTokensTheFirstIsTheLikeliest(scale: Float?) {
    var logits = [Float](repeating: 2, count: 4 * 40)
    let sums = Kernels.crossEntropy(
      &logits, labels: [0, 1, 17, 39], rows: 4, columns: 40, smoothing: 0, gradientScale: scale)
    #expect(sums.correctCount == 1)
  }

  /// The exponentials of a softmax, down to where floats end, and what lies beyond.
  @Test func exponentialsAgreeWithDoublePrecision() {
    // The first is the largest; what the others have of its share is their exponential.
    let x = (0...100_000).map { -Float($0) / 1000 }
    var y = [Float](repeating: 0, count: x.count)
    Kernels.softmax(x, into: &y, rows: 1, columns: x.count)
    // Below, shares are too small for a float to keep its digits.
    var errors: [Double] = []
    for (difference, share) in zip(x, y) where difference > -80 {
      let ratio = Double(share) / Double(y[0])
      errors.append(abs(ratio / exp(Double(difference)) - 1))
    }
    #expect(largest(errors) < 3e-7)
    #expect(y[88_001...].allSatisfy { $0 == 0 })
    var masked: [Float] = [0, 0, 0]
    Kernels.softmax([-.infinity, 3, -.infinity], into: &masked, rows: 1, columns: 3)
    #expect(masked == [0, 1, 0])
    Kernels.softmax([1, .nan, 2], into: &masked, rows: 1, columns: 3)
    #expect(masked.contains { $0.isNaN })
  }

  @Test func softmaxRowsSumToOne() {
    var values = TestValues(seed: 7)
    for columns in [1, 15, 16, 17, 1000] {
      let x = values.uniform(3 * columns, in: -60...60)
      var y = x
      Kernels.softmax(x, into: &y, rows: 3, columns: columns)
      for row in 0..<3 {
        let part = row * columns..<(row + 1) * columns
        let exact = Self.exactLogSoftmax(Array(x[part])).map { exp($0) }
        #expect(largest(zip(y[part], exact).map { abs(Double($0) - $1) }) < 1e-6)
        #expect(abs(y[part].reduce(0) { $0 + Double($1) } - 1) < 1e-5)
      }
    }
  }

  @Test(arguments: [1, 5, 64, 65, 1000])
  func largestIsTheHeadOfASortAsItStands(_ columns: Int) {
    var values = TestValues(seed: UInt64(columns))
    let row = values.normal(columns).map { ($0 * 2).rounded() }
    let count = min(columns, 7)
    var tokens = [Int32](repeating: -1, count: count)
    var largest = [Float](repeating: .nan, count: count)
    Kernels.largest(row, columns: columns, count: count, tokens: &tokens, values: &largest)
    #expect(tokens == Array(Self.sorted(row).prefix(count)))
    #expect(largest == tokens.map { row[Int($0)] })
  }

  @Test(arguments: [1, 2, 3], [1, 63, 64, 130])
  func logMixtureIsTheLogarithmOfTheSum(_ rowCount: Int, _ columns: Int) {
    var values = TestValues(seed: UInt64(rowCount * 1000 + columns))
    var rows = (0..<rowCount).map { _ in values.normal(columns).map { 8 * $0 - 20 } }
    for row in rows.indices where row != 1 { rows[row][0] = -.infinity }
    let weights = (0..<rowCount).map { Float($0 + 1) / 8 }
    let y = Self.logMixture(rows, weights)
    for column in 0..<columns {
      let sum = rows.indices.reduce(0.0) {
        $0 + Double(weights[$1]) * exp(Double(rows[$1][column]))
      }
      let expected = log(sum)
      #expect(
        expected == -.infinity
          ? y[column] == -.infinity
          : abs(Double(y[column]) - expected) <= 3e-7 * max(1, abs(expected)))
    }
  }

  @Test func logMixtureOfEqualRowsIsTheRowAndFaultsRemain() {
    var values = TestValues(seed: 4)
    let row = values.normal(200).map { 20 * $0 - 50 }
    #expect(Self.logMixture([row, row], [0.75, 0.25]) == row)
    #expect(Self.logMixture([row, row, row, row], [0.25, 0.25, 0.25, 0.25]) == row)
    var faulty = row
    faulty[3] = .nan
    let y = Self.logMixture([row, faulty], [0.5, 0.5])
    #expect(y[3].isNaN && !y[2].isNaN)
    #expect(Self.logMixture([[.nan], [-.infinity]], [0.5, 0.5])[0].isNaN)
  }

  private static func logMixture(_ rows: [[Float]], _ weights: [Float]) -> [Float] {
    var y = [Float](repeating: 0, count: rows[0].count)
    let all = rows.flatMap { $0 }
    all.withUnsafeBufferPointer { all in
      guard let start = all.baseAddress else { return }
      Kernels.logMixture(
        rows.indices.map { start + $0 * y.count }, weights: weights, into: &y, columns: y.count)
    }
    return y
  }
}
