/// Which pairs of a corpus are too long, and what becomes of them.
struct LengthPolicy: Codable, Hashable, Sendable {
  /// The longest source and the longest target, in tokens without BOS and EOS.
  var sourceLimit: Int
  var targetLimit: Int
  var onLong: CorpusConfiguration.LongPairs

  init(_ configuration: CorpusConfiguration) {
    sourceLimit = configuration.sourceLengthLimit
    targetLimit = configuration.targetLengthLimit
    onLong = configuration.onLong
  }

  /// Cuts what may be cut; BOS and EOS, which come later, are not among the tokens and so stay.
  ///
  /// - Returns: Whether anything was cut.
  func cut(_ source: inout [Int32], _ target: inout [Int32]) -> Bool {
    let counts = (source.count, target.count)
    if onLong != .skip { source = Array(source.prefix(sourceLimit)) }
    if onLong == .truncate { target = Array(target.prefix(targetLimit)) }
    return counts != (source.count, target.count)
  }

  /// What is too long about a pair as it stands, in words; nil when nothing is.
  func problem(_ source: [Int32], _ target: [Int32]) -> String? {
    let sides = [("source", source.count, sourceLimit), ("target", target.count, targetLimit)]
    let excessive = sides.filter { $0.1 > $0.2 }.max { $0.1 < $1.1 }
    return excessive.map { "the \($0.0) has \($0.1) tokens, more than \($0.2)" }
  }
}
