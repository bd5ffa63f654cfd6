/// How text becomes token ids: the `tokenizer` section of a configuration.
public struct TokenizerConfiguration: Codable, Hashable, Sendable {
  /// The family of tokenizers.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// One token per Unicode scalar or grapheme cluster, by ``TokenizerConfiguration/unit``.
    case character
    /// Tokens are the runs between spaces.
    case whitespace
    /// One token per UTF-8 byte: 256 tokens and the special ones, nothing unknown.
    case byte
    /// SentencePiece byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909).
    case bpe
    /// SentencePiece unigram language model (Kudo 2018, arXiv:1804.10959).
    case unigram
    /// A Hugging Face `tokenizer.json`.
    case huggingFace = "hugging_face"
    /// MarianMT's SentencePiece models for the two sides, with their pieces' ids beside them.
    case marian
    /// A SentencePiece model of another program, with tokens beside it, as T5 has.
    case sentencePiece = "sentencepiece"

    /// The families that are learned of a corpus; the others come with a model.
    public static let allCases: [Kind] = [.character, .whitespace, .byte, .bpe, .unigram]
  }

  /// What the character tokenizer calls a character.
  public enum CharacterUnit: String, Codable, Hashable, Sendable, CaseIterable {
    case scalar, grapheme
  }

  /// Unicode normalisation applied to text before anything else.
  public enum Normalization: String, Codable, Hashable, Sendable, CaseIterable {
    case none, nfc, nfkc
  }

  /// Drawing another segmentation of each sentence every time it is trained on.
  public struct Sampling: Codable, Hashable, Sendable {
    /// The probability that BPE drops a merge, 0–1; unigram does not use it.
    ///
    /// - SeeAlso: Provilkov, Emelianenko, Voita 2020, arXiv:1910.13267.
    public var dropout: Double
    /// The exponent that sharpens (above 1) or flattens unigram's distribution over segmentations;
    /// BPE does not use it.
    ///
    /// - SeeAlso: Kudo 2018, arXiv:1804.10959.
    public var alpha: Double

    /// The values recommended by the two papers.
    public init(dropout: Double = 0.1, alpha: Double = 0.2) {
      self.dropout = dropout
      self.alpha = alpha
    }
  }

  /// The family; of the source alone where the target has ``targetType``.
  public var type: Kind
  /// The family of the target's tokenizer where it is another, as phonemes are words and the letters
  /// they are read from characters; neither may be BPE or unigram, and nothing is shared then.
  public var targetType: Kind?
  /// For BPE and unigram the exact number of tokens, special ones included; for the others an
  /// upper bound, nil for none.
  public var vocabularySize: Int?
  /// Tokens seen fewer times in training are unknown (character and whitespace).
  public var minimumFrequency: Int
  /// One vocabulary for source and target.
  public var shared: Bool
  /// What the character tokenizer calls a character.
  public var unit: CharacterUnit
  /// Applied to text before anything else.
  public var normalization: Normalization
  /// BPE and unigram spell characters outside the vocabulary as UTF-8 bytes.
  public var byteFallback: Bool
  /// The share of characters that BPE and unigram must cover, 0–1.
  public var characterCoverage: Double
  /// How training segments anew each time; nil always takes the likeliest segmentation.
  public var sampling: Sampling?
  /// Put `<s>` before every source sentence.
  public var sourceBOS: Bool
  /// Put `</s>` after every source sentence.
  public var sourceEOS: Bool
  /// What stands between the paragraphs of a source text, byte for byte; nil takes a text as one.
  ///
  /// Each paragraph becomes ids by itself, without the spaces around it, with `</s>` after it, and `<s>`
  /// before it if sources have that.
  public var paragraphSeparator: String?

  /// A tokenizer of a family; the other values are those of a configuration that does not set them.
  public init(
    type: Kind, targetType: Kind? = nil, vocabularySize: Int? = nil, minimumFrequency: Int = 1,
    shared: Bool = true,
    unit: CharacterUnit = .scalar, normalization: Normalization = .none,
    byteFallback: Bool = false, characterCoverage: Double = 1, sampling: Sampling? = nil,
    sourceBOS: Bool = false, sourceEOS: Bool = true, paragraphSeparator: String? = nil
  ) {
    self.type = type
    self.targetType = targetType
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.shared = shared
    self.unit = unit
    self.normalization = normalization
    self.byteFallback = byteFallback
    self.characterCoverage = characterCoverage
    self.sampling = sampling
    self.sourceBOS = sourceBOS
    self.sourceEOS = sourceEOS
    self.paragraphSeparator = paragraphSeparator
  }

  /// The same but for the target's family, as if both sides had it.
  var ofTarget: TokenizerConfiguration {
    var configuration = self
    configuration.type = targetType ?? type
    return configuration
  }
}
