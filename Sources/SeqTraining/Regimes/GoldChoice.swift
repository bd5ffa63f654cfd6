internal import SeqModels
internal import SeqTensors
internal import SeqText

/// What one draw between the gold token and the model's own decides.
public enum DrawUnit: String, Codable, Hashable, Sendable, CaseIterable {
  /// One target token.
  case token
  /// A whole target: all gold, or all the model's own.
  case sentence
}

/// Which target rows read the gold token and which something of the model's own.
///
/// A draw is keyed by the row, or by the sentence, so that it is the same wherever it is made.
struct GoldChoice: Sendable {
  /// The probability of the gold token.
  var ratio: Double
  var unit: DrawUnit
  /// Names the draws of the batch.
  var key: UInt64

  /// The rows that do not read gold, ascending; never a first one, which reads BOS.
  func ownRows(of batch: TokenBatch) -> [Int] {
    guard ratio < 1 else { return [] }
    let targets = batch.targets
    var rows: [Int] = []
    for sentence in 0..<targets.count where targets.lengths[sentence] > 1 {
      let first = targets.offsets[sentence]
      let others = first + 1..<targets.offsets[sentence + 1]
      switch unit {
      case .token: rows += others.filter { isOwn(targets.rowIDs[$0]) }
      case .sentence: if isOwn(targets.rowIDs[first]) { rows += others }
      }
    }
    return rows
  }

  private func isOwn(_ id: UInt32) -> Bool {
    var random = CountedRandom(key, UInt64(id))
    return random.uniform() >= ratio
  }
}

extension SpecialTokens {
  /// What a decoder never reads of its own while it runs free: a target that says one of them goes no
  /// further.
  var unreadable: [Int32] { Set([padding, beginning, end]).sorted() }

  /// Stands in where logits are no numbers and nothing is likeliest; the loss will say so.
  var whateverReadable: Int32 {
    let unreadable = unreadable
    return unknown >= 0 ? unknown : (0...3).first { !unreadable.contains($0) } ?? 0
  }
}
