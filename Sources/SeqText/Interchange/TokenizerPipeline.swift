/// What a Hugging Face tokenizer does with a text, step by step: added tokens, normalizer, added
/// tokens again, pre-tokenizer, model; and back by the decoder.
struct TokenizerPipeline: Sendable {
  /// The pieces by id, empty where no token has one.
  let pieces: [[UInt8]]
  let addedTokens: [AddedToken]
  let normalizer: TextNormalizer?
  let preTokenizer: PreTokenizer?
  let model: SubwordModel
  let decoder: TokenDecoder
  /// What stands around a text in the model's input.
  let frame: TokenFrame
  /// Tokens found in the text as it is, and in the text after normalisation.
  private let plainMatcher: AddedTokenMatcher
  private let normalizedMatcher: AddedTokenMatcher
  /// What the tokens found after normalisation are written as: their normalised spellings.
  let normalizedSpellings: [Int32: [UInt8]]

  init(
    pieces: [[UInt8]], addedTokens: [AddedToken], normalizer: TextNormalizer?,
    preTokenizer: PreTokenizer?, model: SubwordModel, decoder: TokenDecoder, frame: TokenFrame
  ) {
    self.pieces = pieces
    self.addedTokens = addedTokens
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.decoder = decoder
    self.frame = frame
    plainMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized })
    let normalized = addedTokens.filter(\.isNormalized)
    let spellings = normalized.map { token in
      var spelling = token.content
      var startsText = true
      normalizer?.apply(to: &spelling, startsText: &startsText)
      return spelling
    }
    normalizedMatcher = AddedTokenMatcher(normalized, spellings: spellings)
    normalizedSpellings = Dictionary(
      zip(normalized.map(\.id), spellings), uniquingKeysWith: { $1 })
  }

  /// The ids of a text, without those around it.
  func ids(of text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    if text.invalidUTF8Offset != nil {
      // No piece spells what is no text.
      let repaired = Array(String(decoding: text, as: UTF8.self).utf8)
      return repaired.withUnsafeBufferPointer { self.ids(of: $0) }
    }
    var ids: [Int32] = []
    ids.reserveCapacity(text.count / 3 + 1)
    var scratch = SegmentationScratch()
    plainMatcher.forEachPart(of: text) { range, token in
      if let token { return ids.append(token) }
      var bytes = Array(text[range])
      var startsText = range.lowerBound == 0
      normalizer?.apply(to: &bytes, startsText: &startsText)
      if normalizedMatcher.isEmpty {
        return segment(bytes, startsText: startsText, to: &ids, &scratch)
      }
      bytes.withUnsafeBufferPointer { normalized in
        normalizedMatcher.forEachPart(of: normalized) { range, token in
          if let token { return ids.append(token) }
          segment(
            Array(normalized[range]), startsText: startsText && range.lowerBound == 0, to: &ids,
            &scratch)
        }
      }
    }
    return ids
  }

  private func segment(
    _ bytes: [UInt8], startsText: Bool, to ids: inout [Int32], _ scratch: inout SegmentationScratch
  ) {
    var text = TextParts(bytes, startsText: startsText)
    preTokenizer?.apply(to: &text)
    text.bytes.withUnsafeBufferPointer { bytes in
      for part in text.parts { model.append(bytes[part], to: &ids, &scratch) }
    }
  }

  /// The text that tokens are written as, given by their spellings.
  func text(of tokens: [[UInt8]]) -> [UInt8] {
    tokens.isEmpty ? [] : Array(decoder.decoded(tokens).joined())
  }
}
