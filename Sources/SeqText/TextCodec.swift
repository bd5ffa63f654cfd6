/// The text side of a model: how source text becomes ids, and ids become target text.
///
///     let codec = try TextCodec(directory: modelDirectory)
///     let ids = codec.encodeSource(Array("Je suis étudiant".utf8))
///     let text = codec.decodeTarget(outputIDs)
///
/// A model directory holds it as `tokenizer.json` and the vocabulary or SentencePiece files.
public struct TextCodec: Sendable {
  /// How the tokenizers were made, and what is put around source ids.
  public let configuration: TokenizerConfiguration
  /// Reads the text that the encoder sees.
  public let source: any Tokenizer
  /// Writes the text that the decoder makes.
  ///
  /// The same tokenizer as ``source`` when the configuration says shared.
  public let target: any Tokenizer
  /// Whether words of a source that are outside the vocabulary have numbers of their own, from the
  /// vocabulary's size on in the order they first come in, so that a model can copy them.
  ///
  /// Only with one tokenizer for both sides that can say which text its tokens were: subwords have
  /// letters or bytes to fall back on instead.
  public var numbersUnknownWords = false
  /// The token that every target begins with, as the language in multilingual models; nil for none.
  ///
  /// It is part of a target's ids, and learned, scored and searched for as the others are. A model
  /// directory says it; no file of the codec does.
  public var targetStart: Int32?

  /// Puts a codec together from tokenizers made elsewhere.
  ///
  /// - Precondition: `target` equals `source` when the configuration says shared.
  public init(
    configuration: TokenizerConfiguration, source: any Tokenizer, target: any Tokenizer
  ) {
    self.configuration = configuration
    self.source = source
    self.target = target
  }

  /// Ids an encoder must know, special ones included.
  public var sourceVocabularySize: Int { source.vocabulary.count }
  /// Ids a decoder must know, special ones included.
  public var targetVocabularySize: Int { target.vocabulary.count }

  /// The ids an encoder reads: BOS and EOS are added as the configuration says, or what the source's
  /// tokenizer has as its ``Tokenizer/frame``.
  public func encodeSource(_ text: [UInt8]) -> [Int32] {
    withSpecialTokens(encodeBareSource(text))
  }

  /// The bare ids of a target, after ``targetStart``; the model adds BOS to its input and EOS to its
  /// labels.
  public func encodeTarget(_ text: [UInt8]) -> [Int32] { withTargetStart(target.encode(text)) }

  /// The text of target ids; special ids write nothing, and bytes that are not UTF-8 become U+FFFD.
  ///
  /// An unknown word is written as ⁇, with its number where it has one.
  public func decodeTarget(_ ids: some Sequence<Int32>) -> String {
    guard numbersUnknownWords else { return target.decode(ids) }
    return decodeTarget(Array(ids), words: UnknownWords([]))
  }

  /// The text of target ids, with words given for the unknown tokens, in their order; nil leaves one
  /// unknown.
  ///
  /// - Precondition: As many words as unknown tokens.
  package func decodeTarget(_ ids: [Int32], unknown words: [[UInt8]?]) -> String {
    String(decoding: decodeTargetBytes(ids, unknown: words), as: UTF8.self)
  }

  func decodeTargetBytes(_ ids: [Int32], unknown words: [[UInt8]?]) -> [UInt8] {
    var rest = target.decodeBytes(ids)[...]
    var words = words[...]
    var bytes: [UInt8] = []
    while let first = rest.first {
      // A piece may spell the mark too; then there are more marks than words, and those left over
      // stay.
      if rest.starts(with: unknownMark), let word = words.popFirst() {
        bytes += word ?? unknownMark
        rest = rest.dropFirst(unknownMark.count)
      } else {
        bytes.append(first)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }

  /// The bare source ids with BOS and EOS around them as the configuration, or the tokenizer, says.
  func withSpecialTokens(_ ids: [Int32]) -> [Int32] {
    sourceFrame.before + endingInText(ids) + sourceFrame.after
  }

  /// The ids of a target's text behind the token that every target begins with.
  func withTargetStart(_ ids: [Int32]) -> [Int32] { (targetStart.map { [$0] } ?? []) + ids }

  /// For every token of a target's text the number of the word it belongs to, and how many tokens stand
  /// before the text.
  func targetWords(of ids: [Int32]) -> (words: [Int], start: Int) {
    let start = targetStart != nil && ids.first == targetStart ? 1 : 0
    return (target.words(of: Array(ids.dropFirst(start))), start)
  }

  /// How many tokens stand around a source.
  package var sourceFrameCount: Int { sourceFrame.before.count + sourceFrame.after.count }

  /// What stands around a source, and around each of its paragraphs.
  var sourceFrame: TokenFrame {
    let special = source.vocabulary.specialTokens
    return source.frame
      ?? TokenFrame(
        before: configuration.sourceBOS ? [special.beginning] : [],
        after: configuration.sourceEOS ? [special.end] : [])
  }
}
