public import Foundation
internal import SeqCheckpoints
public import SeqText

/// A model with its text side, as a directory holds it: `config.json`, `model.safetensors` and the
/// tokenizer's files.
///
///     let loaded = try ModelDirectory.load(URL(filePath: "runs/en-de"))
public struct ModelDirectory: Sendable {
  /// The model, its parameters loaded.
  public let model: any EncoderDecoder
  /// How its source text becomes ids, and its ids target text, which begin as ``generation`` demands.
  public let codec: TextCodec
  /// How it is meant to be searched, where its makers said so.
  public let generation: GenerationSettings?

  /// A model and its text side, made elsewhere.
  public init(
    model: any EncoderDecoder, codec: TextCodec, generation: GenerationSettings? = nil
  ) {
    self.model = model
    self.codec = codec.beginningTargets(as: generation)
    self.generation = generation
  }

  /// What `config.json` says.
  private struct Description: Codable {
    var formatVersion = 1
    var model: ModelConfiguration
    var vocabularies: VocabularySizes
    var generation: GenerationSettings?
  }

  /// What is read before the rest, which depends on it.
  private struct Format: Decodable {
    struct Model: Decodable { var type: String? }
    var formatVersion: Int
    var model: Model
  }

  /// What Hugging Face's transformers write into a file of the same name.
  private struct ForeignFormat: Decodable {
    var modelType: String
  }

  /// Writes `config.json` and the tokenizer's files: all but the parameters.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  public static func describe(
    _ model: any EncoderDecoder, _ codec: TextCodec, generation: GenerationSettings? = nil,
    in directory: URL
  ) throws {
    try describe(model.configuration, model.vocabularies, codec, generation, in: directory)
  }

  package static func describe(
    _ model: ModelConfiguration, _ vocabularies: VocabularySizes, _ codec: TextCodec,
    _ generation: GenerationSettings?, in directory: URL
  ) throws {
    try codec.save(to: directory)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let description = Description(
      model: model, vocabularies: vocabularies, generation: generation)
    try AtomicFile.write(
      Array(try encoder.encode(description)) + [0x0A],
      to: directory.appendingPathComponent("config.json").path)
  }

  /// Copies `config.json` and the tokenizer's files from one directory to another: all but the
  /// parameters.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  public static func copyDescription(from directory: URL, to copy: URL) throws {
    let found = try description(of: directory)
    try describe(
      found.model, found.vocabularies, try TextCodec(directory: described(directory)),
      found.generation, in: copy)
  }

  /// What `config.json` says of the network and its vocabularies.
  ///
  /// - Throws: ``CheckpointError`` when it is missing or damaged.
  public static func configuration(of directory: URL) throws
    -> (model: ModelConfiguration, vocabularies: VocabularySizes)
  {
    let found = try description(of: directory)
    return (found.model, found.vocabularies)
  }

  /// How the model of a directory is meant to be searched, where `config.json` says so.
  ///
  /// - Throws: ``CheckpointError`` when it is missing or damaged.
  public static func generation(of directory: URL) throws -> GenerationSettings? {
    try description(of: directory).generation
  }

  /// The folder that describes a model: of a checkpoint its run's.
  private static func described(_ directory: URL) -> URL {
    (try? ModelLocation(path: directory.path))?.directory ?? directory
  }

  /// The text side alone of a model directory or a checkpoint.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  package static func codec(of directory: URL) throws -> TextCodec {
    let found = try description(of: directory)
    return try TextCodec(directory: described(directory)).numberingWords(for: found.model)
      .beginningTargets(as: found.generation)
  }

  private static func description(of directory: URL) throws -> Description {
    let directory = described(directory)
    let path = directory.appendingPathComponent("config.json").path
    guard FileManager.default.fileExists(atPath: directory.path) else {
      throw CheckpointError(
        .missing, path: directory.path, found: "no such folder", expected: "a model",
        hint: "give the directory that train wrote")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CheckpointError(
        .missing, path: path, found: "no such file", expected: "the configuration of a model",
        hint: "give the directory that train wrote, or one of its checkpoints")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    if let foreign = try? decoder.decode(ForeignFormat.self, from: data) {
      throw CheckpointError(
        .malformedHeader, path: path,
        found: "a model of Hugging Face's transformers, of type '\(foreign.modelType)'",
        expected: "one of this toolkit",
        hint: "make one of it: seq2seq import \(directory.path) --output MODEL")
    }
    do {
      let format = try decoder.decode(Format.self, from: data)
      let family = ModelConfiguration.Family(rawValue: format.model.type ?? "transformer")
      guard format.formatVersion == 1, family != nil else {
        let families = ModelConfiguration.Family.allCases.map(\.rawValue).joined(separator: ", ")
        throw CheckpointError(
          .malformedHeader, path: path,
          found: "format \(format.formatVersion), a model of type '\(format.model.type ?? "")'",
          expected: "format 1 and one of the types \(families)",
          hint: "use the release that wrote it")
      }
      return try decoder.decode(Description.self, from: data)
    } catch let error as DecodingError {
      throw CheckpointError(
        .malformedHeader, path: path, found: decodingFault(error), expected: "",
        hint: "the file is damaged, or no configuration of a model")
    }
  }

  /// Opens a model directory, or a checkpoint of a run; parameters are read from it when they are
  /// needed, so it must stay.
  ///
  /// - Throws: ``CheckpointError`` for a missing or damaged `config.json` or `model.safetensors`,
  ///   ``TextError`` for the tokenizer's files.
  public static func load(_ directory: URL) throws -> ModelDirectory {
    let location = try? ModelLocation(path: directory.path)
    let directory = location?.directory ?? directory
    let description = try description(of: directory)
    let codec = try TextCodec(directory: directory)
    let sizes = VocabularySizes(
      source: codec.sourceVocabularySize, target: codec.targetVocabularySize)
    guard description.vocabularies.fit(sizes, isPadded: codec.isForeign) else {
      throw CheckpointError(
        .mismatchedFiles, path: directory.appendingPathComponent("config.json").path,
        found:
          "vocabularies of \(description.vocabularies.source) and \(description.vocabularies.target)",
        expected: "\(sizes.source) and \(sizes.target), as the tokenizer's files hold",
        hint: "keep the files of one model together")
    }
    let vocabularies = description.vocabularies
    let problems =
      vocabularies.problems + description.model.problems(vocabularies: vocabularies)
      + (description.generation?.problems(vocabularySize: vocabularies.target) ?? [])
    guard problems.isEmpty else {
      throw CheckpointError(
        .malformedHeader, path: directory.appendingPathComponent("config.json").path,
        found: problems.joined(separator: "; "), expected: "",
        hint: "take the file anew from where the model came from")
    }
    let parameters =
      location?.parametersPath ?? directory.appendingPathComponent("model.safetensors").path
    guard FileManager.default.fileExists(atPath: parameters) else {
      throw CheckpointError(
        .missing, path: parameters, found: "no such file", expected: "the parameters of the model",
        hint:
          "its training has not ended yet: go on with it by train --resume, or give a checkpoint")
    }
    let file = try SafetensorsFile(path: parameters)
    let model = description.model.model(vocabularies: vocabularies)
    try model.store.adopt(file)
    return ModelDirectory(
      model: model, codec: codec.numberingWords(for: description.model),
      generation: description.generation)
  }
}

extension TextCodec {
  /// Whether it came with a model, and was not learned of a corpus here.
  var isForeign: Bool { !TokenizerConfiguration.Kind.allCases.contains(configuration.type) }

  /// The codec of a model whose makers demand a token at the beginning of every target, or none.
  package func beginningTargets(as generation: GenerationSettings?) -> TextCodec {
    var codec = self
    codec.targetStart = generation?.firstToken
    return codec
  }

  /// The codec as a model reads with it: unknown words have numbers if it can copy them.
  package func numberingWords(for model: ModelConfiguration) -> TextCodec {
    var codec = self
    codec.numbersUnknownWords = model.copying != nil && canNumberUnknownWords
    return codec
  }
}
