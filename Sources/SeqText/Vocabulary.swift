/// Pieces of text and the ids they are known by.
///
///     var counter = VocabularyCounter()
///     counter.add(Array("hello".utf8))
///     let vocabulary = counter.vocabulary()
///     vocabulary.id(of: Array("hello".utf8))  // 4
///
/// Pieces are bytes: composed and decomposed é are two pieces. A special token is found by its id
/// alone, so that text reading `</s>` never becomes the end of a sentence.
public struct Vocabulary: Sendable {
  /// Pieces by id; special tokens by their names.
  public let pieces: [[UInt8]]
  /// The ids that stand for no text.
  public let specialTokens: SpecialTokens
  private let trie: PieceTrie

  /// A vocabulary that gives each piece its position as id.
  ///
  /// - Precondition: the special ids are positions in `pieces`, or ``SpecialTokens/none``.
  public init(pieces: [[UInt8]], specialTokens: SpecialTokens = .standard) {
    let special = specialTokens.all
    guard special.allSatisfy({ $0 >= SpecialTokens.none && $0 < pieces.count }) else {
      fatalError("vocabulary: special ids \(special), \(pieces.count) pieces")
    }
    self.pieces = pieces
    self.specialTokens = specialTokens
    trie = PieceTrie(
      pieces.enumerated().compactMap { position, piece in
        special.contains(Int32(position)) ? nil : (piece, Int32(position))
      })
  }

  /// The standard special tokens, then the pieces.
  package init(standardWith pieces: [[UInt8]]) {
    self.init(pieces: SpecialTokens.standardNames.map { Array($0.utf8) } + pieces)
  }

  /// The number of ids, special ones included.
  public var count: Int { pieces.count }

  /// The id of a piece, nil when it is outside the vocabulary; special tokens are not pieces.
  public func id(of piece: some Sequence<UInt8>) -> Int32? {
    let id = trie.id(of: piece)
    return id == PieceTrie.none ? nil : id
  }

  /// The id of a piece, or that of ``SpecialTokens/unknown``.
  func idOrUnknown(of piece: some Sequence<UInt8>) -> Int32 {
    let id = trie.id(of: piece)
    return id == PieceTrie.none ? specialTokens.unknown : id
  }
}
