import Foundation
import SeqTestSupport

/// Whether results are the same as far as a machine keeps bits.
enum ScoreAgreement {
  /// Whether JSON Lines say the same: byte for byte, or elsewhere with scores within 1e-5.
  static func holds(_ first: [String], _ second: [String]) throws -> Bool {
    if first == second { return true }
    guard !Machine.keepsRowBits, first.count == second.count else { return false }
    return try zip(first, second).allSatisfy { a, b in
      agree(try ToyRun.object(a), try ToyRun.object(b))
    }
  }

  private static func agree(_ first: Any, _ second: Any) -> Bool {
    switch (first, second) {
    case (let first as [String: Any], let second as [String: Any]):
      first.count == second.count
        && first.allSatisfy { key, value in second[key].map { agree(value, $0) } ?? false }
    case (let first as [Any], let second as [Any]):
      first.count == second.count && zip(first, second).allSatisfy { agree($0, $1) }
    case (let first as String, let second as String): first == second
    case (let first as Double, let second as Double): abs(first - second) <= 1e-5
    default: false
    }
  }
}
