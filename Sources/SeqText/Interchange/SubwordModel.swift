/// What turns a part of a text into ids: the `model` of a `tokenizer.json`.
enum SubwordModel: Sendable {
  case merges(RankedMergeModel)
  case unigram(UnigramModel)

  /// Appends the ids of one part of a text.
  @inline(__always)
  func append(
    _ part: Slice<UnsafeBufferPointer<UInt8>>, to ids: inout [Int32],
    _ scratch: inout SegmentationScratch
  ) {
    switch self {
    case .merges(let model): model.append(part, to: &ids, &scratch)
    case .unigram(let model): model.append(part, to: &ids, &scratch)
    }
  }

  /// The id of exactly these bytes, nil when they are no piece.
  func id(of piece: [UInt8]) -> Int32? {
    let id =
      switch self {
      case .merges(let model): model.trie.id(of: piece)
      case .unigram(let model): model.trie.id(of: piece)
      }
    return id == PieceTrie.none ? nil : id
  }

  /// By byte the id of `<0x00>` … `<0xFF>`, -1 where there is none.
  static func byteIDs(in trie: PieceTrie) -> [Int32] {
    (0...255).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return trie.id(of: Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8))
    }
  }
}
