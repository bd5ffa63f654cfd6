import Foundation
import SeqKernels
import SeqTensors

/// Measures recurrent layers forward and backward on one thread beside the same number of operations
/// in large products, and prints a line of JSON a layer.
@main struct RecurrentSpeed {
  /// Sentences of a worker's share of a batch, their lengths as different as a bucket leaves them.
  private static let lengths = (0..<32).map { 18 + $0 % 7 }
  private static let hiddenSize = 256
  private static let rounds = 20

  static func main() throws {
    let peak = largeProduct()
    for (cell, inputSize, isBidirectional) in [
      (RecurrentCell.lstm, 256, false), (.lstm, 256, true), (.lstm, 512, true), (.gru, 256, false),
      (.rnnTanh, 256, false),
    ] {
      let directions = isBidirectional ? 2 : 1
      let (forward, backward) = measure(cell, inputSize, isBidirectional)
      let tokens = Double(lengths.reduce(0, +) * directions)
      // Multiplications and additions of the two products of a token.
      let operations = 2 * tokens * Double(cell.gateCount * hiddenSize * (inputSize + hiddenSize))
      let record: [String: Any] = [
        "cell": cell.rawValue, "input": inputSize, "directions": directions,
        "forward_ms": 1e3 * forward, "backward_ms": 1e3 * backward,
        "forward_gigaflops": operations / forward / 1e9,
        "backward_gigaflops": 2 * operations / backward / 1e9, "large_product_gigaflops": peak,
        "share_of_large_product": 3 * operations / (forward + backward) / 1e9 / peak,
      ]
      let json = try JSONSerialization.data(withJSONObject: record, options: [.sortedKeys])
      print(String(decoding: json, as: UTF8.self))
    }
  }

  /// Seconds of the fastest round, forward and backward.
  private static func measure(
    _ cell: RecurrentCell, _ inputSize: Int, _ isBidirectional: Bool
  ) -> (forward: Double, backward: Double) {
    let store = ParameterStore()
    func weights(_ name: String) -> RecurrentWeights {
      let (scope, gates) = (store.root[name], cell.gateCount * hiddenSize)
      let start = Initializer.uniform(bound: 0.06)
      return RecurrentWeights(
        cell, inputWeight: scope.parameter("W", [gates, inputSize], start),
        hiddenWeight: scope.parameter("U", [gates, hiddenSize], start),
        bias: scope.parameter("b", [gates], start),
        hiddenBias: cell == .gru ? scope.parameter("d", [hiddenSize], start) : nil)
    }
    let (forward, backward) = (weights("forward"), weights("backward"))
    let context = Context(mode: .training, store: store)
    let sequences = Sequences(lengths: lengths)
    let values = (0..<sequences.tokenCount * inputSize).map { Float($0 % 13) / 13 - 0.5 }
    var best = (forward: Double.infinity, backward: Double.infinity)
    for _ in 0..<rounds {
      // As after every update: what is cut from the parameters is cut anew.
      store.valuesDidChange()
      let x = context.variable(
        values, shape: [sequences.tokenCount, inputSize], sequences: sequences)
      var states: Tensor?
      let first = seconds {
        states =
          isBidirectional
          ? x.bidirectionalRecurrence(forward: forward, backward: backward).states
          : x.recurrence(forward).states
      }
      guard let loss = states?.sum() else { continue }
      let second = seconds { _ = loss.backward(to: [x]) }
      best = (min(best.forward, first), min(best.backward, second))
    }
    return best
  }

  /// Operations a second, in billions, of a product as large as a layer's over all tokens.
  private static func largeProduct() -> Double {
    let (rows, columns, inner) = (768, 1024, 512)
    let a = [Float](repeating: 0.5, count: rows * inner)
    let b = [Float](repeating: 0.25, count: inner * columns)
    var c = [Float](repeating: 0, count: rows * columns)
    var best = Double.infinity
    for _ in 0..<rounds {
      let time = seconds {
        MatrixProduct.multiply(
          a, stride: inner, by: b, stride: columns, into: &c, stride: columns, rows: rows,
          columns: columns, inner: inner)
      }
      best = min(best, time)
    }
    return 2 * Double(rows * columns * inner) / best / 1e9
  }

  private static func seconds(_ body: () -> Void) -> Double {
    let elapsed = ContinuousClock().measure(body).components
    return Double(elapsed.seconds) + 1e-18 * Double(elapsed.attoseconds)
  }
}
