import SeqKernels
import SeqTestSupport
import Testing

@Suite struct PackedLinearTests {
  /// A way of computing a linear map that this machine has.
  enum Way: CaseIterable {
    case vendor, float32, bfloat16, int8

    func linear(
      _ weight: [Float], bias: [Float]? = nil, output: Int, input: Int, relu: Bool = false,
      team: Team? = nil, wereRead: @escaping RowsWereRead = { _ in }
    ) -> PackedLinear {
      let precision: Precision =
        switch self {
        case .vendor, .float32: .float32
        case .bfloat16: .bfloat16
        case .int8: .int8
        }
      func make(_ bias: UnsafePointer<Float>?) -> PackedLinear {
        PackedLinear(
          weight: weight, bias: bias, outputSize: output, inputSize: input, relu: relu,
          precision: precision, usesLibrary: self == .vendor, team: team, wereRead: wereRead)
      }
      return bias.map { $0.withUnsafeBufferPointer { make($0.baseAddress) } } ?? make(nil)
    }
  }

  /// Rows past the end, which the library reads and writes, hold what is not a number: they must not
  /// show.
  private static func run(_ linear: PackedLinear, _ x: ArraySlice<Float>, rows: Int) -> [Float] {
    let room = (rows + 15) / 16 * 16
    let used = x.prefix(rows * linear.inputSize)
    let input = Array(used) + [Float](repeating: .nan, count: (room - rows) * linear.inputSize)
    var y = [Float](repeating: 0, count: room * linear.outputSize)
    var scratch = [Float](repeating: .nan, count: linear.scratchCount(rows: rows))
    linear(input, into: &y, rows: rows, scratch: &scratch)
    return Array(y.prefix(rows * linear.outputSize))
  }

  /// What a row of numbers is rounded to before it is multiplied.
  private static func rounded(_ row: ArraySlice<Float>, _ way: Way, isWeight: Bool) -> [Double] {
    switch way {
    case .vendor, .float32: return row.map { Double($0) }
    case .bfloat16:
      guard isWeight else { return row.map { Double($0) } }
      return row.map { value in
        let bits = value.bitPattern
        return Double(Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000))
      }
    case .int8 where !isWeight:
      let high = max(0, row.max() ?? 0)
      let low = min(0, row.min() ?? 0)
      let largestByte: Float = Machine.has("avx512_vnni") ? 255 : 127
      let scale = high / largestByte - low / largestByte
      guard scale > 0 else { return row.map { _ in 0 } }
      let inverse = 1 / scale
      let zero = (-low * inverse).rounded(.toNearestOrEven)
      return row.map {
        let byte = ($0 * inverse).rounded(.toNearestOrEven) + zero
        return Double(min(max(byte, 0), largestByte) - zero) * Double(scale)
      }
    case .int8:
      let largest = row.map { abs($0) }.max() ?? 0
      guard largest > 0 else { return row.map { _ in 0 } }
      return row.map {
        Double(($0 * (127 / largest)).rounded(.toNearestOrEven)) * Double(largest / 127)
      }
    }
  }

  @Test(arguments: [(5, 3), (64, 48), (33, 100), (1, 16), (257, 65)], Way.allCases)
  func agreesWithSums(_ sizes: (output: Int, input: Int), _ way: Way) {
    for isFull in [false, true] {
      var values = TestValues(seed: UInt64(sizes.output))
      let weight = values.normal(sizes.output * sizes.input)
      let bias = values.normal(sizes.output)
      let linear = way.linear(
        weight, bias: isFull ? bias : nil, output: sizes.output, input: sizes.input, relu: isFull)
      let weights = (0..<sizes.output).map {
        Self.rounded(weight[($0 * sizes.input)..<(($0 + 1) * sizes.input)], way, isWeight: true)
      }
      for rows in [1, 2, 3, 5, 7, 8, 9, 16, 17, 50] {
        let x = values.normal(rows * sizes.input)
        let y = Self.run(linear, x[...], rows: rows)
        for row in 0..<rows {
          let numbers = Self.rounded(
            x[(row * sizes.input)..<((row + 1) * sizes.input)], way, isWeight: false)
          for column in 0..<sizes.output {
            let products = zip(numbers, weights[column]).map(*)
            let sum = products.reduce(isFull ? Double(bias[column]) : 0, +)
            let magnitude = products.reduce(abs(Double(bias[column]))) { $0 + abs($1) }
            let expected = isFull ? max(sum, 0) : sum
            #expect(abs(Double(y[row * sizes.output + column]) - expected) <= 1e-6 * magnitude)
          }
        }
      }
    }
  }

  /// A row has the same bits whatever the number of rows: with panels on any machine, through oneDNN
  /// with AVX-512; without it nearly the same.
  @Test(
    arguments: [(512, 512), (2048, 512), (512, 2048), (1000, 64), (37, 33)], Way.allCases)
  func rowsDoNotDependOnTheirNumber(_ sizes: (output: Int, input: Int), _ way: Way) {
    var values = TestValues(seed: 9)
    let weight = values.normal(sizes.output * sizes.input)
    let bias = values.normal(sizes.output)
    let linear = way.linear(weight, bias: bias, output: sizes.output, input: sizes.input)
    let largestCount = 400
    let x = values.normal(largestCount * sizes.input)
    let all = Self.run(linear, x[...], rows: largestCount)
    let step = sizes.output * sizes.input > 100_000 ? 7 : 1
    for rows in Array(stride(from: 1, through: 130, by: step)) + [2, 3, 4, 8, 15, 16, 17, 160, 399]
    {
      // The last rows of the batch, so that their places differ too.
      let first = largestCount - rows
      let part = Self.run(linear, x[(first * sizes.input)...], rows: rows)
      let expected = Array(all[(first * sizes.output)...])
      if way != .vendor || Machine.hasAVX512 {
        #expect(part.map { $0.bitPattern } == expected.map { $0.bitPattern }, "\(rows) rows")
      } else {
        let difference = largest(zip(part, expected).map { abs(Double($0) - Double($1)) })
        #expect(difference < 1e-3, "\(rows) rows")
      }
    }
  }

  /// Ranking without storing the rows finds the bits that ranking the stored rows does.
  @Test(arguments: [(5, 3), (511, 16), (512, 16), (513, 33), (3000, 64)], Way.allCases)
  func rankingIsThatOfTheWholeRows(_ sizes: (output: Int, input: Int), _ way: Way) {
    var values = TestValues(seed: 5)
    let weight = values.normal(sizes.output * sizes.input)
    let bias = values.normal(sizes.output)
    let linear = way.linear(weight, bias: bias, output: sizes.output, input: sizes.input)
    for (rows, count) in [(1, 1), (3, 5), (20, 2)] {
      let x = values.normal((rows + 15) / 16 * 16 * sizes.input)
      let y = Self.run(linear, x[...], rows: rows)
      var tokens = [Int32](repeating: -1, count: rows * count)
      var scores = [Float](repeating: .nan, count: rows * count)
      var scratch = [Float](repeating: .nan, count: linear.rankingScratchCount(rows: rows))
      linear.best(
        x, rows: rows, count: count, tokens: &tokens, logProbabilities: &scores, scratch: &scratch)
      for row in 0..<rows {
        var expected = (
          tokens: [Int32](repeating: 0, count: count),
          scores: [Float](
            repeating: 0, count: count)
        )
        Kernels.best(
          Array(y[(row * sizes.output)...]), columns: sizes.output, count: count,
          tokens: &expected.tokens, logProbabilities: &expected.scores)
        let range = (row * count)..<((row + 1) * count)
        #expect(Array(tokens[range]) == expected.tokens)
        #expect(scores[range].map { $0.bitPattern } == expected.scores.map { $0.bitPattern })
      }
    }
  }

  /// What is not finite shows in every column of its row and in no other row.
  @Test(arguments: Way.allCases, [Float.nan, .infinity, -.infinity])
  func faultsShowInTheirRow(_ way: Way, _ fault: Float) {
    var values = TestValues(seed: 6)
    let linear = way.linear(values.normal(40 * 24), output: 40, input: 24)
    var x = values.normal(4 * 24)
    x[2 * 24 + 7] = fault
    let y = Self.run(linear, x[...], rows: 4)
    for row in 0..<4 {
      let isFinite = y[(row * 40)..<((row + 1) * 40)].map { $0.isFinite }
      #expect(isFinite == Array(repeating: row != 2, count: 40))
    }
  }

  /// ReLU behind panels keeps what is not a number; the library's may make 0 of it.
  @Test(arguments: Way.allCases.filter { $0 != .vendor })
  func reluKeepsWhatIsNotANumber(_ way: Way) {
    var values = TestValues(seed: 8)
    let linear = way.linear(values.normal(40 * 24), output: 40, input: 24, relu: true)
    var x = values.normal(4 * 24)
    x[2 * 24 + 7] = .nan
    let y = Self.run(linear, x[...], rows: 4)
    for row in 0..<4 {
      let isFault = y[(row * 40)..<((row + 1) * 40)].map { $0.isNaN }
      #expect(isFault == Array(repeating: row == 2, count: 40))
    }
  }

  @Test func zerosAndTinyNumbersBecomeZeros() {
    let tiny = Float.leastNonzeroMagnitude
    let weight = [0, 0, 0, tiny, tiny, -tiny, 1, 2, 3]
    let linear = Way.int8.linear(weight, output: 3, input: 3)
    let y = Self.run(linear, [1, 1, 1, 0, 0, 0], rows: 2)
    #expect(y[0] == 0 && y[1] == 0 && abs(y[2] - 6) < 0.02)
    #expect(Array(y[3...]) == [0, 0, 0])
  }

  /// A weight that is stored rounded gives what rounding it here gives.
  @Test func storedNumbersArePackedAsTheyAre() {
    var values = TestValues(seed: 7)
    let (output, input, rows) = (50, 37, 5)
    let (weight, bias) = (values.normal(output * input), values.normal(output))
    let x = values.normal(rows * input)
    var whole = [Int8](repeating: 0, count: output * input)
    var scales = [Float](repeating: 0, count: output)
    Kernels.quantizeRows(weight, into: &whole, scales: &scales, rows: output, columns: input)
    var halves = [UInt16](repeating: 0, count: output * input)
    Kernels.roundToBFloat16(weight, into: &halves, count: output * input)
    let stored = bias.withUnsafeBufferPointer { bias in
      (
        PackedLinear(
          int8: whole, scales: scales, bias: bias.baseAddress, outputSize: output,
          inputSize: input, relu: false),
        PackedLinear(
          bfloat16: halves, bias: bias.baseAddress, outputSize: output, inputSize: input,
          relu: false)
      )
    }
    for (own, way) in [(stored.0, Way.int8), (stored.1, .bfloat16)] {
      let rounded = way.linear(weight, bias: bias, output: output, input: input)
      #expect(Self.run(own, x[...], rows: rows) == Self.run(rounded, x[...], rows: rows))
    }
    // And rounding what is rounded changes nothing.
    for precision in [Precision.int8, .bfloat16] {
      var once = weight
      Kernels.round(&once, rows: output, columns: input, to: precision)
      var twice = once
      Kernels.round(&twice, rows: output, columns: input, to: precision)
      let difference = largest(zip(once, twice).map { abs(Double($0) - Double($1)) })
      #expect(once != weight && difference < 1e-6)
    }
  }

  @Test func paddedRowsAreFewAndEnough() {
    let counts = (1...300).map { PackedLinear.paddedRows($0) }
    #expect(zip(1..., counts).allSatisfy { $0 <= $1 })
    #expect(counts == counts.sorted())
    #expect(counts.allSatisfy { PackedLinear.paddedRows($0) == $0 })
    #expect(Set(counts.prefix(128)).count == (Machine.hasAVX512 ? 12 : 128))
  }

  @Test(arguments: Way.allCases) func threadsMayShareOne(_ way: Way) throws {
    var values = TestValues(seed: 3)
    let (output, input) = (96, 64)
    let weight = values.normal(output * input)
    let linear = way.linear(weight, output: output, input: input, relu: true)
    let x = values.normal(100 * input)
    let expected = (1...100).map { Self.run(linear, x[..<($0 * input)], rows: $0) }
    // The table of primitives is met empty by all at once.
    let fresh = way.linear(weight, output: output, input: input, relu: true)
    let pool = WorkerPool(count: 4) { _ in }
    let results = try pool.run { index, _ in
      (1...100).map { count in
        let rows = index % 2 == 0 ? count : 101 - count
        return Self.run(fresh, x[..<(rows * input)], rows: rows)
      }
    }
    for (index, result) in results.enumerated() {
      #expect((index % 2 == 0 ? result : result.reversed()) == expected)
    }
  }
}
