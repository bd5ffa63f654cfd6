/// Two words, or two tokens, that belong together: one of the source and one of the target.
///
/// Both count from 0, BOS and EOS left out; those of a source of several paragraphs go on from one to the
/// next.
public struct AlignmentLink: Hashable, Sendable, Encodable, CustomStringConvertible {
  /// Among the source's.
  public let source: Int
  /// Among the target's.
  public let target: Int

  /// A link.
  public init(source: Int, target: Int) {
    self.source = source
    self.target = target
  }

  /// As alignment files spell it (the format called Pharaoh's): `0-1`.
  public var description: String { "\(source)-\(target)" }

  /// Reads that spelling; nil of anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let source = Int(parts[0]), let target = Int(parts[1]),
      0...Int(Int32.max) ~= source, 0...Int(Int32.max) ~= target
    else { return nil }
    self.init(source: source, target: target)
  }

  /// The two numbers as a list.
  public func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    try list.encode(source)
    try list.encode(target)
  }
}

extension TextCodec {
  /// The places of source ids that stand for text: neither BOS at the beginning nor EOS at the end, of
  /// the source or of a paragraph.
  package func textPlaces(of source: [Int32]) -> [Int] {
    let special = self.source.vocabulary.specialTokens
    if configuration.paragraphSeparator != nil {
      let around = Set(sourceFrame.before + sourceFrame.after)
      return source.indices.filter { !around.contains(source[$0]) }
    }
    if let frame = self.source.frame {
      let start = source.starts(with: frame.before) ? frame.before.count : 0
      let count = source.suffix(frame.after.count) == frame.after[...] ? frame.after.count : 0
      return Array(start..<max(start, source.count - count))
    }
    let start = source.first == special.beginning ? 1 : 0
    return Array(start..<max(start, source.count - (source.last == special.end ? 1 : 0)))
  }

  /// The links between tokens that links between words stand for: every token of a word with every
  /// token of the other, those of a source counted with its BOS.
  ///
  /// `source` is what the encoder reads, `target` has neither BOS nor EOS. Words that are not there,
  /// because a side was cut, have no links.
  package func tokenLinks(
    of words: [AlignmentLink], source: [Int32], target: [Int32]
  ) -> [AlignmentLink] {
    let text = textPlaces(of: source)
    let sources = places(sourceWords(of: source))
    let written = targetWords(of: target)
    let targets = places(written.words)
    return words.flatMap { link in
      (sources[link.source] ?? []).flatMap { source in
        (targets[link.target] ?? []).map {
          AlignmentLink(source: text[source], target: written.start + $0)
        }
      }
    }
  }

  /// The links between words that links between tokens, counted without BOS, come to.
  package func wordLinks(
    of tokens: [AlignmentLink], source: [Int32], target: [Int32]
  ) -> [AlignmentLink] {
    let sources = sourceWords(of: source)
    let written = targetWords(of: target)
    var seen: Set<AlignmentLink> = []
    return tokens.compactMap { link in
      if link.target < written.start { return nil }
      let words = AlignmentLink(
        source: sources[link.source], target: written.words[link.target - written.start])
      return seen.insert(words).inserted ? words : nil
    }
  }

  /// For every word its tokens.
  private func places(_ words: [Int]) -> [Int: [Int]] {
    Dictionary(grouping: words.indices) { words[$0] }
  }
}
