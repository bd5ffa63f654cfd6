import Foundation
import SeqKernels

/// Measures the fastest float32 matrix products of this machine, every core at once, and prints them
/// as one JSON object: what the floors of the other benchmarks are computed from.
@main struct MatrixPeak {
  /// Rows, columns and inner size of the products of a wide and a narrow Transformer.
  private static let shapes = [(1024, 512, 512), (1024, 2048, 512), (512, 512, 1024)]
  private static let rounds = 60

  static func main() throws {
    let workerCount = ProcessInfo.processInfo.activeProcessorCount
    let pool = WorkerPool(count: workerCount) { _ in Operands(shapes) }
    var best = 0.0
    for _ in 0..<rounds {
      // Operations over the time of the slowest: what all cores reach together.
      let seconds = try pool.run { _, operands in operands.measure() }.max() ?? .infinity
      best = max(best, Double(workerCount) * Operands.operationCount(shapes) / seconds / 1e9)
    }
    let record: [String: Any] = [
      "library": MatrixProduct.provider, "cores": workerCount, "gigaflops": best,
    ]
    let json = try JSONSerialization.data(withJSONObject: record, options: [.sortedKeys])
    print(String(decoding: json, as: UTF8.self))
  }
}

/// One worker's matrices, filled so that no product meets a denormal.
final class Operands {
  private static let repetitions = 8
  private let shapes: [(rows: Int, columns: Int, inner: Int)]
  private let left: [Float]
  private let right: [Float]
  private var result: [Float]

  init(_ shapes: [(Int, Int, Int)]) {
    self.shapes = shapes.map { (rows: $0.0, columns: $0.1, inner: $0.2) }
    left = (0..<(self.shapes.map { $0.rows * $0.inner }.max() ?? 0)).map { Float($0 % 7) - 3 }
    right = (0..<(self.shapes.map { $0.columns * $0.inner }.max() ?? 0)).map { Float($0 % 5) - 2 }
    result = Array(repeating: 0, count: self.shapes.map { $0.rows * $0.columns }.max() ?? 0)
  }

  /// Multiplications and additions of one measurement.
  static func operationCount(_ shapes: [(Int, Int, Int)]) -> Double {
    Double(repetitions) * shapes.reduce(0.0) { $0 + 2 * Double($1.0 * $1.1 * $1.2) }
  }

  /// Seconds that the products took.
  func measure() -> Double {
    let started = ContinuousClock.now
    result.withUnsafeMutableBufferPointer { result in
      left.withUnsafeBufferPointer { left in
        right.withUnsafeBufferPointer { right in
          guard let c = result.baseAddress, let a = left.baseAddress, let b = right.baseAddress
          else { return }
          for _ in 0..<Self.repetitions {
            for (rows, columns, inner) in shapes {
              MatrixProduct.multiply(
                a, stride: inner, by: b, stride: columns, into: c, stride: columns, rows: rows,
                columns: columns, inner: inner)
            }
          }
        }
      }
    }
    let elapsed = (ContinuousClock.now - started).components
    return Double(elapsed.seconds) + 1e-18 * Double(elapsed.attoseconds)
  }
}
