import SeqKernels

/// Measures the products of decoding on one thread, every way that this machine has, and prints a
/// Markdown table a matrix: billions of multiplications and additions a second, the best of some rounds.
@main struct ProductSpeed {
  /// Columns and inner size of the matrices of a wide Transformer and its vocabulary.
  private static let matrices = [(1536, 512), (2048, 512), (512, 2048), (58_101, 512)]
  private static let rowCounts = [1, 2, 4, 8, 16, 32, 64, 128, 640]
  private static let rounds = 7
  private static let ways: [(name: String, precision: Precision, usesLibrary: Bool)] = [
    ("float32, \(MatrixProduct.provider)", .float32, true), ("float32, panels", .float32, false),
    ("bfloat16, panels", .bfloat16, false), ("int8, panels", .int8, false),
  ]

  static func main() {
    for (columns, inner) in matrices {
      let weight = (0..<(columns * inner)).map { Float($0 % 251) / 251 - 0.5 }
      let linears = ways.map { way in
        PackedLinear(
          weight: weight, bias: nil, outputSize: columns, inputSize: inner, relu: false,
          precision: way.precision, usesLibrary: way.usesLibrary)
      }
      print("\n| \(inner) × \(columns), rows | \(ways.map(\.name).joined(separator: " | ")) |")
      print("|---|" + ways.map { _ in "---|" }.joined())
      // Logits of so many rows would not fit anywhere, and nobody computes them whole.
      for rows in rowCounts where rows * columns <= 4_000_000 {
        let speeds = linears.map { speed(of: $0, rows: rows) }
        print("| \(rows) | \(speeds.map { String(Int($0.rounded())) }.joined(separator: " | ")) |")
      }
    }
  }

  /// Billions of operations a second.
  private static func speed(of linear: PackedLinear, rows: Int) -> Double {
    // The library reads and writes up to fifteen rows more.
    let room = (rows + 15) / 16 * 16
    let x = (0..<(room * linear.inputSize)).map { Float($0 % 13) / 13 - 0.5 }
    var y = [Float](repeating: 0, count: room * linear.outputSize)
    var scratch = [Float](repeating: 0, count: linear.scratchCount(rows: rows))
    let operations = 2 * Double(rows) * Double(linear.inputSize) * Double(linear.outputSize)
    let repetitions = max(1, Int(2e8 / operations))
    var best = Duration.seconds(3600)
    for _ in 0..<rounds {
      let elapsed = ContinuousClock().measure {
        for _ in 0..<repetitions { linear(x, into: &y, rows: rows, scratch: &scratch) }
      }
      best = min(best, elapsed)
    }
    let seconds = Double(best.components.seconds) + 1e-18 * Double(best.components.attoseconds)
    return operations * Double(repetitions) / seconds / 1e9
  }
}
