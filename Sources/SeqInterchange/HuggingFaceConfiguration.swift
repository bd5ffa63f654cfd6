internal import Foundation

/// What `config.json` and `generation_config.json` of a Hugging Face model say, as far as it matters
/// here: sizes, choices, special ids and how to search.
///
/// A key that is missing has the family's default, which
/// ``HuggingFaceConfiguration/architecture(path:)`` knows.
struct HuggingFaceConfiguration: Decodable {
  var modelType: String?
  var architectures: [String]?

  // Sizes, as Marian, BART and Pegasus call them.
  var vocabSize: Int?
  var decoderVocabSize: Int?
  var dModel: Int?
  var encoderLayers: Int?
  var decoderLayers: Int?
  var encoderAttentionHeads: Int?
  var decoderAttentionHeads: Int?
  var encoderFfnDim: Int?
  var decoderFfnDim: Int?
  var maxPositionEmbeddings: Int?
  var activationFunction: String?
  var dropout: Double?
  var attentionDropout: Double?
  var activationDropout: Double?
  var scaleEmbedding: Bool?
  var shareEncoderDecoderEmbeddings: Bool?
  var tieWordEmbeddings: Bool?

  // What older files say, and newer ones take for granted.
  var normalizeBefore: Bool?
  var normalizeEmbedding: Bool?
  var addFinalLayerNorm: Bool?
  var staticPositionEmbeddings: Bool?
  var addBiasLogits: Bool?
  var extraPosEmbeddings: Int?

  // T5's own names.
  var dKv: Int?
  var dFf: Int?
  var numLayers: Int?
  var numDecoderLayers: Int?
  var numHeads: Int?
  var relativeAttentionNumBuckets: Int?
  var relativeAttentionMaxDistance: Int?
  var dropoutRate: Double?
  var layerNormEpsilon: Double?
  var feedForwardProj: String?
  var scaleDecoderOutputs: Bool?

  // Special ids.
  var padTokenId: TokenID?
  var bosTokenId: TokenID?
  var eosTokenId: TokenID?
  var decoderStartTokenId: TokenID?

  // How to search.
  var forcedBosTokenId: TokenID?
  var forcedEosTokenId: TokenID?
  var badWordsIds: [[Int32]]?
  var maxLength: Int?
  var maxNewTokens: Int?
  var minLength: Int?
  var numBeams: Int?
  var lengthPenalty: Double?
  var earlyStopping: EarlyStopping?
  var noRepeatNgramSize: Int?
  var repetitionPenalty: Double?

  /// An id, or a list of which the first counts.
  struct TokenID: Decodable {
    let all: [Int32]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Int32.self) {
        all = [one]
      } else {
        all = try container.decode([Int32].self)
      }
    }
  }

  /// `true`, `false` or `"never"`.
  struct EarlyStopping: Decodable {
    let stopsEarly: Bool

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      stopsEarly = (try? container.decode(Bool.self)) ?? false
    }
  }

  /// Files larger than this are no configuration.
  private static let sizeLimit = 1 << 22

  /// Reads a file of settings.
  ///
  /// - Throws: ``InterchangeError``.
  init(file: URL) throws {
    let data: Data
    do {
      let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? NSNumber
      guard size.map({ $0.intValue <= Self.sizeLimit }) ?? false else {
        throw InterchangeError(
          .malformedFile, path: file.path, found: "a file of more than four megabytes",
          expected: "the settings of a model", hint: "take it anew from where the model came from")
      }
      data = try Data(contentsOf: file)
    } catch let error as InterchangeError {
      throw error
    } catch {
      throw InterchangeError(
        .missingFile, path: file.path, found: "no such file",
        expected: "the settings of a model of Hugging Face's transformers",
        hint: "give the folder that save_pretrained wrote, or that was downloaded whole")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(HuggingFaceConfiguration.self, from: data)
    } catch {
      throw InterchangeError(
        .malformedFile, path: file.path, found: settingsFault(error),
        expected: "the settings of a model",
        hint: "the file is damaged, or its model is of another kind")
    }
    for (name, length) in [
      ("max_length", maxLength), ("max_new_tokens", maxNewTokens), ("min_length", minLength),
    ] {
      guard let length, length < 0 else { continue }
      throw InterchangeError(
        .malformedFile, path: file.path, name: name, found: "\(length)",
        expected: "a count from 0 on", hint: "the file is damaged")
    }
  }
}

/// Why settings could not be read, with the key as the file spells it.
private func settingsFault(_ error: any Error) -> String {
  switch error {
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
    DecodingError.dataCorrupted(let context):
    let path = context.codingPath.map { key in
      key.stringValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }.joined(separator: ".")
    return path.isEmpty ? "what is not JSON" : "a value of '\(path)' that is none"
  default: return "what cannot be read"
  }
}
