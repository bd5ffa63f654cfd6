/// The pieces of a SentencePiece model that text is segmented into, with their scores.
package struct PieceTable: Sendable {
  /// Ordinary pieces alone: control, unknown and byte pieces are never matched against text.
  let trie: PieceTrie
  /// By id: minus the rank of a BPE merge, the logarithm of a unigram probability.
  package let scores: [Float]
  /// The score of an ordinary piece is never lower.
  let lowestScore: Float
  let unknown: Int32
  /// Ids of the pieces `<0x00>` … `<0xFF>`; nil without byte fallback.
  let byteIDs: [Int32]?
  /// No piece has a ▁ behind its first character, so every ▁ begins a piece of its own.
  let spacesBeginPieces: Bool

  /// A table of ordinary pieces; the scores are those of every id, special ones included.
  package init(
    pieces: [(bytes: [UInt8], id: Int32)], scores: [Float], unknown: Int32, byteIDs: [Int32]?
  ) {
    trie = PieceTrie(pieces)
    self.scores = scores
    lowestScore = pieces.map { scores[Int($0.id)] }.min() ?? 0
    self.unknown = unknown
    self.byteIDs = byteIDs
    spacesBeginPieces = pieces.allSatisfy { piece in
      let space = SegmentationText.space
      return !piece.bytes.indices.dropFirst().contains { piece.bytes[$0...].starts(with: space) }
    }
  }

  /// Appends what a character outside the vocabulary becomes: its bytes, or one unknown token for
  /// a run of such characters, as SentencePiece does.
  func appendUnknown(_ bytes: ArraySlice<UInt8>, to ids: inout [Int32]) {
    guard let byteIDs else {
      if ids.last != unknown { ids.append(unknown) }
      return
    }
    for byte in bytes {
      if byte == SegmentationText.literalSpaceMark {
        ids += SegmentationText.space.map { byteIDs[Int($0)] }
      } else {
        ids.append(byteIDs[Int(byte)])
      }
    }
  }
}
