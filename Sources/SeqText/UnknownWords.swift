/// The words of one source text that are outside the vocabulary, each once, in the order they first
/// come in: the first has the id that follows the vocabulary's last.
///
/// - SeeAlso: ``TextCodec/numbersUnknownWords``; See, Liu, Manning 2017, arXiv:1704.04368, §2.2,
///   where vocabulary and numbered words are the extended vocabulary.
public struct UnknownWords: Hashable, Sendable {
  /// The words.
  public let words: [[UInt8]]

  /// Words in the order of their ids.
  public init(_ words: [[UInt8]]) { self.words = words }
}

extension TextCodec {
  /// The words of a source that have numbers; none where words are not numbered.
  public func unknownWords(of text: [UInt8]) -> UnknownWords {
    guard numbersUnknownWords, let bare = spelledSource(text) else { return UnknownWords([]) }
    return UnknownWords(Self.numbered(bare.ids, bare.surfaces, source.vocabulary).words)
  }

  /// Whether the tokenizers can number words at all.
  public var canNumberUnknownWords: Bool {
    configuration.shared && configuration.targetType == nil && source.surfaces(of: []) != nil
  }

  /// The bare ids of a source, unknown words numbered where they are, with what ends paragraphs between
  /// them.
  func encodeBareSource(_ text: [UInt8]) -> [Int32] {
    guard numbersUnknownWords, let bare = spelledSource(text) else {
      return joinedParagraphs(of: text) { paragraph, _ in source.encode(paragraph) }
    }
    return Self.numbered(bare.ids, bare.surfaces, source.vocabulary).ids
  }

  /// The ids that ``encodeTarget(_:)`` gives, those words numbered that the source has numbers for.
  ///
  /// `sourceIDs` are the source's, which may have been cut: a word that is no longer there is
  /// unknown.
  public func encodeTarget(
    _ text: [UInt8], copyingFrom source: [UInt8], _ sourceIDs: [Int32]
  ) -> [Int32] {
    let ids = target.encode(text)
    guard numbersUnknownWords, let surfaces = target.surfaces(of: text) else {
      return withTargetStart(ids)
    }
    let count = Int32(target.vocabulary.count)
    let words = unknownWords(of: source).words
    let last = sourceIDs.max() ?? 0
    var numbers: [[UInt8]: Int32] = [:]
    for (index, word) in words.enumerated() where count + Int32(index) <= last {
      numbers[word] = count + Int32(index)
    }
    let unknown = target.vocabulary.specialTokens.unknown
    return withTargetStart(
      zip(ids, surfaces).map { id, word in id == unknown ? numbers[word] ?? id : id })
  }

  /// The text of target ids, words of the source in the places of their numbers.
  public func decodeTarget(_ ids: [Int32], words: UnknownWords) -> String {
    String(decoding: decodeTargetBytes(ids, words: words), as: UTF8.self)
  }

  /// The same in bytes, which need not be UTF-8.
  func decodeTargetBytes(_ ids: [Int32], words: UnknownWords) -> [UInt8] {
    let count = Int32(target.vocabulary.count)
    guard numbersUnknownWords, ids.contains(where: { $0 >= count }) else {
      return target.decodeBytes(ids)
    }
    let unknown = target.vocabulary.specialTokens.unknown
    let places = ids.filter { $0 >= count || $0 == unknown }
    return decodeTargetBytes(
      ids.map { $0 < count ? $0 : unknown },
      unknown: places.map { $0 < count ? nil : spelling(of: $0, words) })
  }

  /// How target ids are shown: the vocabulary's pieces, or the words that numbers stand for.
  public func targetPieces(
    of ids: some Sequence<Int32>, words: UnknownWords = UnknownWords([])
  ) -> [String] {
    pieces(of: ids, target.vocabulary, words)
  }

  /// How source ids are shown.
  public func sourcePieces(
    of ids: some Sequence<Int32>, words: UnknownWords = UnknownWords([])
  ) -> [String] {
    pieces(of: ids, source.vocabulary, words)
  }

  private func pieces(
    of ids: some Sequence<Int32>, _ vocabulary: Vocabulary, _ words: UnknownWords
  ) -> [String] {
    ids.map { id in
      let piece =
        vocabulary.pieces.indices.contains(Int(id))
        ? vocabulary.pieces[Int(id)] : spelling(of: id, words)
      return String(decoding: piece, as: UTF8.self)
    }
  }

  /// The word that a number stands for; without its source, the mark of the unknown and the number.
  private func spelling(of id: Int32, _ words: UnknownWords) -> [UInt8] {
    let number = Int(id) - target.vocabulary.count
    return words.words.indices.contains(number)
      ? words.words[number] : unknownMark + Array("\(number + 1)".utf8)
  }

  /// The ids with numbers in place of unknown, and the words numbered.
  private static func numbered(
    _ ids: [Int32], _ surfaces: [[UInt8]], _ vocabulary: Vocabulary
  ) -> (ids: [Int32], words: [[UInt8]]) {
    var words: [[UInt8]] = []
    var numbers: [[UInt8]: Int32] = [:]
    let unknown = vocabulary.specialTokens.unknown
    let numbered = zip(ids, surfaces).map { id, word in
      guard id == unknown else { return id }
      if let number = numbers[word] { return number }
      let number = Int32(vocabulary.count + words.count)
      numbers[word] = number
      words.append(word)
      return number
    }
    return (numbered, words)
  }
}
