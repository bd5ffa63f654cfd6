public import SeqText

/// Writes, in place of every unknown token of a translation, the source token that it was written
/// from: names and numbers that no vocabulary holds come through as they are.
///
/// - SeeAlso: Luong et al. 2015, arXiv:1410.8206; here attention aligns.
public struct UnknownReplacement: Sendable {
  private let codec: TextCodec

  /// A replacement for models with this text side; nil where the source's tokenizer cannot say which
  /// text each of its tokens was: subwords have letters or bytes to fall back on instead; and where
  /// the model copies unknown words itself.
  public init?(_ codec: TextCodec) {
    guard codec.source.surfaces(of: []) != nil, !codec.numbersUnknownWords else { return nil }
    self.codec = codec
  }

  /// The text of a translation.
  ///
  /// - Parameters:
  ///   - target: its tokens.
  ///   - links: which source token each was written from; a token without a link stays unknown.
  ///   - source: the text translated.
  /// - Returns: The words of the translation, source words in the places of unknown ones.
  public func text(
    of target: [Int32], links: [AlignmentLink], source: [UInt8]
  ) -> String {
    let unknown = codec.target.vocabulary.specialTokens.unknown
    guard target.contains(unknown), let surfaces = codec.sourceSurfaces(of: source) else {
      return codec.decodeTarget(target)
    }
    let places = Dictionary(links.map { ($0.target, $0.source) }) { first, _ in first }
    let words = target.indices.filter { target[$0] == unknown }.map { place in
      places[place].flatMap { surfaces.indices.contains($0) ? surfaces[$0] : nil }
    }
    return codec.decodeTarget(target, unknown: words)
  }
}
