/// A SentencePiece model with tokens beside it that text is searched for first, as T5's
/// `spiece.model` with its `<extra_id_0>` and so on.
public struct ExtendedSentencePieceTokenizer: Tokenizer {
  /// The model's pieces, then the tokens beside it.
  public let vocabulary: Vocabulary
  private let segmenter: SentencePieceTokenizer
  /// The list of added tokens, nil when there is none.
  private let json: [UInt8]?
  private let matcher: AddedTokenMatcher
  private let isSilent: Set<Int32>

  /// Takes the bytes of a model and a list of added tokens as `tokenizer.json` has it.
  ///
  /// - Parameters:
  ///   - serializedModel: the bytes of the `.model` file.
  ///   - json: a JSON list of objects with `id`, `content` and flags; nil for none.
  ///   - specialTokens: which ids are padding, beginning, end and unknown.
  ///   - files: the paths that errors name.
  /// - Throws: ``TextError`` when one of the two is damaged.
  public init(
    serializedModel: [UInt8], addedTokens json: [UInt8]?,
    specialTokens: SentencePieceTokenizer.SpecialTokenSource,
    files: (model: String?, addedTokens: String?) = (nil, nil)
  ) throws(TextError) {
    let segmenter = try SentencePieceTokenizer(
      serializedModel: serializedModel, specialTokens: specialTokens, file: files.model)
    var pieces = segmenter.vocabulary.pieces
    var tokens: [AddedToken] = []
    if let json {
      let nodes = try JSONNode(json, file: files.addedTokens).elements()
      let limit = pieces.count + nodes.count + TokenizerPipeline.maximumGap
      for node in nodes {
        let token = try AddedToken(node)
        try TokenizerPipeline.place(token, node, in: &pieces, known: nil, limit: limit)
        tokens.append(token)
      }
    }
    let special = segmenter.vocabulary.specialTokens
    self.segmenter = segmenter
    self.json = json
    vocabulary = Vocabulary(pieces: pieces, specialTokens: special)
    matcher = AddedTokenMatcher(tokens)
    isSilent = Set(tokens.filter { $0.isSpecial && $0.id != special.unknown }.map(\.id))
  }

  /// The bytes of the SentencePiece model.
  package var serializedModel: [UInt8] { segmenter.serializedModel }

  /// The tokens beside the model, by their ids.
  package var addedTokens: [String] {
    vocabulary.pieces[segmenter.vocabulary.count...].map { String(decoding: $0, as: UTF8.self) }
  }

  /// The ids of the tokens found, and of the pieces between them.
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    var ids: [Int32] = []
    matcher.forEachPart(of: text) { range, token in
      if let token {
        ids.append(token)
      } else {
        ids += segmenter.encode(UnsafeBufferPointer(rebasing: text[range]))
      }
    }
    return ids
  }

  /// The ids in a segmentation drawn by the key; the tokens beside the model stay whole.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32] {
    var ids: [Int32] = []
    matcher.forEachPart(of: text) { range, token in
      if let token {
        ids.append(token)
      } else {
        let part = UnsafeBufferPointer(rebasing: text[range])
        ids += segmenter.encode(part, sampling: sampling, key: key &+ UInt64(range.lowerBound))
      }
    }
    return ids
  }

  /// The text of the pieces; special tokens write nothing, others beside the model their spelling.
  public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8] {
    let ids = ids.filter { !isSilent.contains($0) && vocabulary.pieces.indices.contains(Int($0)) }
    let count = segmenter.vocabulary.count
    var bytes: [UInt8] = []
    var run: [Int32] = []
    for id in ids {
      if id < count {
        run.append(id)
      } else {
        bytes += segmenter.decodeBytes(run) + vocabulary.pieces[Int(id)]
        run = []
      }
    }
    return bytes + segmenter.decodeBytes(run)
  }

  /// A piece that begins with ▁ begins a word.
  public func words(of ids: [Int32]) -> [Int] {
    SegmentationText.words(of: ids, in: vocabulary)
  }
}

extension ExtendedSentencePieceTokenizer: StoredTokenizer {
  var storedFiles: [(suffix: String, contents: [UInt8])] {
    [("model", serializedModel)] + (json.map { [("added_tokens.json", $0)] } ?? [])
  }
}
