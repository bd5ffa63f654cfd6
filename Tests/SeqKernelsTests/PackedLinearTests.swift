import Foundation
import SeqKernels
import Testing

@Suite struct PackedLinearTests {
  private static func run(_ linear: PackedLinear, _ x: ArraySlice<Float>, rows: Int) -> [Float] {
    let padded = PackedLinear.paddedRows(rows)
    // Rows past the end hold what is not a number: they must not show.
    let input = Array(x) + [Float](repeating: .nan, count: (padded - rows) * linear.inputSize)
    var y = [Float](repeating: 0, count: padded * linear.outputSize)
    linear(input, into: &y, rows: rows)
    return Array(y.prefix(rows * linear.outputSize))
  }

  @Test(arguments: [(5, 3), (64, 48), (33, 100), (1, 16), (257, 64)], [false, true])
  func agreesWithSums(_ sizes: (output: Int, input: Int), _ isFull: Bool) {
    var values = TestValues(seed: UInt64(sizes.output))
    let weight = values.normal(sizes.output * sizes.input)
    let bias = values.normal(sizes.output)
    let linear = bias.withUnsafeBufferPointer {
      PackedLinear(
        weight: weight, bias: isFull ? $0.baseAddress : nil, outputSize: sizes.output,
        inputSize: sizes.input, relu: isFull)
    }
    for rows in [1, 2, 3, 5, 9, 16, 17, 50] {
      let x = values.normal(rows * sizes.input)
      let y = Self.run(linear, x[...], rows: rows)
      for row in 0..<rows {
        for column in 0..<sizes.output {
          var sum = isFull ? Double(bias[column]) : 0
          var magnitude = abs(sum)
          for p in 0..<sizes.input {
            let product =
              Double(x[row * sizes.input + p]) * Double(weight[column * sizes.input + p])
            sum += product
            magnitude += abs(product)
          }
          let expected = isFull ? max(sum, 0) : sum
          #expect(abs(Double(y[row * sizes.output + column]) - expected) <= 1e-6 * magnitude)
        }
      }
    }
  }

  /// On AVX-512 a row has the same bits whatever the number of rows; elsewhere nearly the same.
  @Test(arguments: [(512, 512), (2048, 512), (512, 2048), (1000, 64), (37, 33)])
  func rowsDoNotDependOnTheirNumber(_ sizes: (output: Int, input: Int)) {
    var values = TestValues(seed: 9)
    let weight = values.normal(sizes.output * sizes.input)
    let bias = values.normal(sizes.output)
    let linear = PackedLinear(
      weight: weight, bias: bias, outputSize: sizes.output, inputSize: sizes.input, relu: false)
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
      if Self.hasAVX512 {
        #expect(part.map { $0.bitPattern } == expected.map { $0.bitPattern }, "\(rows) rows")
      } else {
        let difference = largest(zip(part, expected).map { abs(Double($0) - Double($1)) })
        #expect(difference < 1e-3, "\(rows) rows")
      }
    }
  }

  private static let hasAVX512: Bool = {
    guard let file = fopen("/proc/cpuinfo", "r") else { return false }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      if strstr(buffer, "avx512bw") != nil { return true }
    }
    return false
  }()

  @Test func paddedRowsAreFewAndEnough() {
    let counts = (1...300).map { PackedLinear.paddedRows($0) }
    #expect(zip(1..., counts).allSatisfy { $0 <= $1 })
    #expect(counts == counts.sorted())
    #expect(counts.allSatisfy { PackedLinear.paddedRows($0) == $0 })
    #expect(Set(counts.prefix(128)).count == 12)
  }

  @Test func threadsMayShareOne() throws {
    var values = TestValues(seed: 3)
    let (output, input) = (96, 64)
    let linear = PackedLinear(
      weight: values.normal(output * input), bias: nil, outputSize: output, inputSize: input,
      relu: true)
    let x = values.normal(100 * input)
    let expected = (1...100).map { Self.run(linear, x[...], rows: $0) }
    // The table of primitives is met empty by all at once.
    let fresh = PackedLinear(
      weight: TestValues.weight(output * input, seed: 3), bias: nil, outputSize: output,
      inputSize: input, relu: true)
    let pool = WorkerPool(count: 4) { _ in }
    let results = try pool.run { index, _ in
      (1...100).map { Self.run(fresh, x[...], rows: index % 2 == 0 ? $0 : 101 - $0) }
    }
    for (index, result) in results.enumerated() {
      #expect((index % 2 == 0 ? result : result.reversed()) == expected)
    }
  }
}

extension TestValues {
  fileprivate static func weight(_ count: Int, seed: UInt64) -> [Float] {
    var values = TestValues(seed: seed)
    return values.normal(count)
  }
}
