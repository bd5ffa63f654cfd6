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
  /// How its source text becomes ids, and its ids target text.
  public let codec: TextCodec

  /// A model and its text side, made elsewhere.
  public init(model: any EncoderDecoder, codec: TextCodec) {
    self.model = model
    self.codec = codec
  }

  /// What `config.json` says.
  struct Description: Codable {
    var formatVersion = 1
    var type = "transformer"
    var model: TransformerConfiguration
    var vocabularies: VocabularySizes
  }

  /// Writes `config.json` and the tokenizer's files: all but the parameters.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  public static func describe(_ model: Transformer, _ codec: TextCodec, in directory: URL) throws {
    try describe(model.configuration, model.vocabularies, codec, in: directory)
  }

  private static func describe(
    _ model: TransformerConfiguration, _ vocabularies: VocabularySizes, _ codec: TextCodec,
    in directory: URL
  ) throws {
    try codec.save(to: directory)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let description = Description(model: model, vocabularies: vocabularies)
    try AtomicFile.write(
      Array(try encoder.encode(description)) + [0x0A],
      to: directory.appendingPathComponent("config.json").path)
  }

  /// Copies `config.json` and the tokenizer's files from one directory to another: all but the
  /// parameters.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  public static func copyDescription(from directory: URL, to copy: URL) throws {
    let (model, vocabularies) = try configuration(of: directory)
    try describe(model, vocabularies, try TextCodec(directory: directory), in: copy)
  }

  /// What `config.json` says of the network and its vocabularies.
  ///
  /// - Throws: ``CheckpointError`` when it is missing or damaged.
  public static func configuration(of directory: URL) throws
    -> (model: TransformerConfiguration, vocabularies: VocabularySizes)
  {
    let path = directory.appendingPathComponent("config.json").path
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CheckpointError(
        .missing, path: path, found: "no such file", expected: "the configuration of a model",
        hint: "give the directory that train wrote")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let description: Description
    do { description = try decoder.decode(Description.self, from: data) } catch {
      throw CheckpointError(
        .malformedHeader, path: path, found: "\(error)", expected: "the configuration of a model",
        hint: "the file is damaged or another program's")
    }
    guard description.formatVersion == 1, description.type == "transformer" else {
      throw CheckpointError(
        .malformedHeader, path: path,
        found: "format \(description.formatVersion) of type '\(description.type)'",
        expected: "format 1 of type 'transformer'", hint: "use the release that wrote it")
    }
    return (description.model, description.vocabularies)
  }

  /// Reads a model directory.
  ///
  /// - Throws: ``CheckpointError`` for a missing or damaged `config.json` or `model.safetensors`,
  ///   ``TextError`` for the tokenizer's files.
  public static func load(_ directory: URL) throws -> ModelDirectory {
    let description = try configuration(of: directory)
    let codec = try TextCodec(directory: directory)
    let sizes = VocabularySizes(
      source: codec.sourceVocabularySize, target: codec.targetVocabularySize)
    guard sizes == description.vocabularies else {
      throw CheckpointError(
        .mismatchedFiles, path: directory.appendingPathComponent("config.json").path,
        found:
          "vocabularies of \(description.vocabularies.source) and \(description.vocabularies.target)",
        expected: "\(sizes.source) and \(sizes.target), as the tokenizer's files hold",
        hint: "keep the files of one model together")
    }
    let model = Transformer(description.model, vocabularies: sizes)
    try model.store.load(
      from: SafetensorsFile(path: directory.appendingPathComponent("model.safetensors").path))
    return ModelDirectory(model: model, codec: codec)
  }
}
