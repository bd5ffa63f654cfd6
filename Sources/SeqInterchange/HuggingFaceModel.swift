public import Foundation
internal import SeqCheckpoints
public import SeqModels
internal import SeqTensors
public import SeqText

/// A model of Hugging Face's transformers, opened: what it is in this toolkit's terms, its tensors still
/// in their files.
///
///     let model = try HuggingFaceModel(directory: URL(filePath: "opus-mt-en-de"), unknown: 1)
///     try model.write(to: parameters)
public struct HuggingFaceModel {
  /// Which family it is of.
  public let family: HuggingFaceFamily
  /// Its sizes and choices.
  public let configuration: ModelConfiguration
  /// How many ids each side knows, and which stand for no text.
  public let vocabularies: VocabularySizes
  /// How it is meant to be searched.
  public let generation: GenerationSettings

  private let files: ShardedTensors
  private let table: TensorTable

  /// Opens `config.json`, `generation_config.json` and the tensors of a directory, and makes sure that
  /// each parameter has its tensor in the right shape, and that none is left over.
  ///
  /// `unknown` is the id of text outside the vocabulary, which only the tokenizer knows.
  ///
  /// - Throws: ``InterchangeError`` that names the key or tensor; ``CheckpointError`` for a damaged
  ///   safetensors file.
  public init(directory: URL, unknown: Int32) throws {
    let file = directory.appendingPathComponent("config.json")
    let settings = try HuggingFaceConfiguration(file: file)
    family = try settings.family(path: file.path)
    var configuration = try settings.architecture(path: file.path)
    let search = directory.appendingPathComponent("generation_config.json")
    generation =
      FileManager.default.fileExists(atPath: search.path)
      ? try HuggingFaceConfiguration(file: search).generation(orElse: settings)
      : settings.generation(orElse: settings)
    files = try ShardedTensors(directory: directory)
    try configuration.adaptToTensors(
      family, files, isTied: settings.tieWordEmbeddings ?? true, path: file.path)
    self.configuration = configuration
    table = TensorTable(family, configuration)
    let special = try settings.specialTokens(unknown: unknown, path: file.path)
    vocabularies = try Self.vocabularies(settings, configuration, special, path: file.path)
    try check(path: file.path)
  }

  private static func vocabularies(
    _ settings: HuggingFaceConfiguration, _ configuration: ModelConfiguration,
    _ special: SpecialTokens, path: String
  ) throws -> VocabularySizes {
    guard let size = settings.vocabSize, size > 0, size < 1 << 26 else {
      throw InterchangeError(
        .malformedFile, path: path, name: "vocab_size",
        found: settings.vocabSize.map { "\($0)" } ?? "no such key", expected: "a count from 1 on",
        hint: "the file is damaged")
    }
    let target = configuration.tying.sharesEmbeddings ? size : settings.decoderVocabSize ?? size
    return VocabularySizes(source: size, target: target, specialTokens: special)
  }

  /// Makes sure that a tokenizer has no ids that the model does not know; a model may know more, which
  /// its makers added to round a size.
  ///
  /// - Throws: ``InterchangeError``.
  public func check(_ codec: TextCodec) throws {
    for (count, known, side) in [
      (codec.sourceVocabularySize, vocabularies.source, "source"),
      (codec.targetVocabularySize, vocabularies.target, "target"),
    ] where count > known {
      throw InterchangeError(
        .malformedFile, path: files.directory.path,
        found: "a \(side) tokenizer of \(count) tokens",
        expected: "at most \(known), the rows of the embeddings",
        hint: "keep the files of one model together")
    }
  }

  /// Writes the model as this toolkit has models: everything but the tokenizer's own files, which `codec`
  /// writes, and what is needed for it to leave as it came.
  ///
  /// - Throws: ``CheckpointError``, `TextError`.
  public func write(to folder: URL, codec: TextCodec) throws {
    try write(to: folder.appendingPathComponent("model.safetensors").path)
    try HuggingFaceOrigin.keep(files, in: folder)
    try ModelDirectory.describe(
      configuration, vocabularies, codec, generation, in: folder)
  }

  // MARK: Tensors

  /// The model, its parameters read into memory as float32.
  ///
  /// - Throws: ``CheckpointError``.
  public func model() throws -> any EncoderDecoder {
    let model = configuration.model(vocabularies: vocabularies)
    for row in table.rows {
      guard let parameter = model.store[row.own] else { continue }
      parameter.assign(
        try row.others.flatMap { name in
          let tensor = try tensor(name)
          return try tensor.file.floats(of: tensor.entry)
        })
    }
    return model
  }

  /// Writes the parameters, as float32, for ``ModelDirectory``.
  ///
  /// - Throws: ``CheckpointError``; what stood there before is then intact.
  public func write(to path: String) throws {
    let store = configuration.model(vocabularies: vocabularies).store
    let names = Dictionary(uniqueKeysWithValues: table.rows.map { ($0.own, $0.others) })
    let declarations = store.parameters.map {
      SafetensorsFile.Declaration(name: $0.name, shape: $0.shape.extents)
    }
    try SafetensorsFile.write(declarations, to: path) { declaration, sink in
      for name in names[declaration.name] ?? [] {
        let tensor = try tensor(name)
        try tensor.file.floats(of: tensor.entry).withUnsafeBytes { try sink.write($0) }
        tensor.file.releaseMemory(of: tensor.entry)
      }
    }
  }

  /// The tensor of a name, or its copy under another.
  private func tensor(_ name: String) throws -> ShardedTensors.Tensor {
    for name in [name] + (table.copies[name] ?? []) {
      if let tensor = files.tensors[name] { return tensor }
    }
    throw InterchangeError(
      .wrongTensors, path: files.directory.path, name: name, found: "no such tensor",
      expected: "one, in a model of type \(family.rawValue)",
      hint: "take all files anew from where the model came from")
  }

  private func check(path: String) throws {
    let problems =
      vocabularies.problems + configuration.problems(vocabularies: vocabularies)
      + generation.problems(vocabularySize: vocabularies.target)
    guard problems.isEmpty else {
      throw InterchangeError(
        .malformedFile, path: path, found: problems.joined(separator: "; "),
        hint: "the settings do not make a model")
    }
    let shapes = configuration.parameterShapes(vocabularies: vocabularies)
    var used: Set<String> = []
    for row in table.rows {
      guard let shape = shapes[row.own] else { continue }
      for name in row.others {
        let tensor = try tensor(name)
        used.insert(name)
        let expected = [shape[0] / row.others.count] + shape.dropFirst()
        // The bias of Marian and BART is a row.
        let isRow = tensor.entry.shape.count == 2 && tensor.entry.shape.first == 1
        let found =
          isRow && expected.count == 1 ? Array(tensor.entry.shape.dropFirst()) : tensor.entry.shape
        guard found == expected else {
          throw InterchangeError(
            .wrongTensors, path: tensor.file.path, name: name, found: "the shape \(found)",
            expected: "\(expected), as \(path) says",
            hint: "keep the files of one model together")
        }
        guard tensor.entry.elementType.isFloatingPoint else {
          throw InterchangeError(
            .wrongTensors, path: tensor.file.path, name: name,
            found: "elements of type \(tensor.entry.elementType.rawValue)",
            expected: "F32, F16 or BF16", hint: "the model was quantized: take the original")
        }
        for copy in table.copies[name] ?? [] { try checkCopy(copy, of: name, &used) }
      }
    }
    let ignored = Set(table.sinusoids + Self.unused)
    for name in files.names where !used.contains(name) && !ignored.contains(name) {
      throw InterchangeError(
        .wrongTensors, path: files.tensors[name]?.file.path ?? path, name: name,
        found: "a tensor that belongs to nothing",
        expected: "the tensors of a model of type \(family.rawValue) with these settings",
        hint: "keep the files of one model together")
    }
  }

  /// Tensors of old files that transformers does not read either.
  private static let unused = [
    "encoder.version", "decoder.version",
    "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
  ]

  /// A tensor that a file holds twice must be the same both times.
  private func checkCopy(_ copy: String, of name: String, _ used: inout Set<String>) throws {
    guard let second = files.tensors[copy] else { return }
    used.insert(copy)
    guard let first = files.tensors[name] else { return }
    let isEqual = first.file.withBytes(of: first.entry) { one in
      second.file.withBytes(of: second.entry) { other in one.elementsEqual(other) }
    }
    guard first.entry.elementType == second.entry.elementType,
      first.entry.shape == second.entry.shape,
      isEqual
    else {
      throw InterchangeError(
        .wrongTensors, path: second.file.path, name: copy, found: "other numbers than in '\(name)'",
        expected: "the same, because the settings tie them",
        hint: "the model's tie_word_embeddings or share_encoder_decoder_embeddings is wrong")
    }
  }
}

extension ModelConfiguration {
  /// What the settings, those of `path`, leave open and only the tensors tell.
  fileprivate mutating func adaptToTensors(
    _ family: HuggingFaceFamily, _ files: ShardedTensors, isTied: Bool, path: String
  ) throws {
    let hasOwnOutput = ownsOutput(family, files, isTied: isTied)
    let hasBias = files.tensors["final_logits_bias"] != nil
    for side in Side.allCases {
      let table = files.tensors["model.\(side.rawValue).embed_positions.weight"]
      try change(side) { half in
        if hasOwnOutput { half.tying = half.tying.sharesEmbeddings ? .embeddings : .none }
        half.outputBias = hasBias
        guard half.positions == .paperSinusoidal, let table else { return }
        let shape = table.entry.shape
        guard shape.count == 2, shape[1] == half.embeddingSize else {
          throw InterchangeError(
            .wrongTensors, path: table.file.path, name: table.entry.name,
            found: "the shape \(shape)", expected: "[rows, \(half.embeddingSize)], as \(path) says",
            hint: "keep the files of one model together")
        }
        let own = FixedPositions(
          count: shape[0], size: half.embeddingSize, frequencies: .exclusive)
        guard try own.values != table.file.floats(of: table.entry) else { return }
        // Rounded, or others: taken as they are.
        half.positions = .learned
        half.maxPositions = shape[0]
      }
    }
  }

  /// Whether the output projection is a matrix of its own.
  private func ownsOutput(
    _ family: HuggingFaceFamily, _ files: ShardedTensors, isTied: Bool
  ) -> Bool {
    guard let output = files.tensors["lm_head.weight"] else { return false }
    // T5's second form ties nothing, whatever its settings say by now; of the others they are right.
    guard family.isT5, let shared = files.tensors["shared.weight"] else { return !isTied }
    return !output.hasBytes(of: shared)
  }

  private enum Side: String, CaseIterable { case encoder, decoder }

  private mutating func change(
    _ side: Side, _ body: (inout TransformerConfiguration) throws -> Void
  ) rethrows {
    switch self {
    case .transformer(var whole):
      try body(&whole)
      self = .transformer(whole)
    case .mixed(var mixed):
      switch side {
      case .encoder: try mixed.encoder.change(body)
      case .decoder: try mixed.decoder.change(body)
      }
      self = .mixed(mixed)
    case .recurrent: break
    }
  }

  /// The shape of every parameter by its name.
  func parameterShapes(vocabularies: VocabularySizes) -> [String: [Int]] {
    Dictionary(
      uniqueKeysWithValues: model(vocabularies: vocabularies).store.parameters.map {
        ($0.name, $0.shape.extents)
      })
  }
}

extension ShardedTensors.Tensor {
  fileprivate func hasBytes(of other: ShardedTensors.Tensor) -> Bool {
    file.withBytes(of: entry) { one in
      other.file.withBytes(of: other.entry) { two in one.elementsEqual(two) }
    }
  }
}

extension MixedConfiguration.Half {
  fileprivate mutating func change(
    _ body: (inout TransformerConfiguration) throws -> Void
  ) rethrows {
    guard case .transformer(var half) = self else { return }
    try body(&half)
    self = .transformer(half)
  }
}
