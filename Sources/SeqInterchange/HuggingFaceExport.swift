public import Foundation
public import SeqCheckpoints
internal import SeqKernels
internal import SeqModels
internal import SeqTensors

/// A model on its way to Hugging Face's transformers.
///
///     let export = try HuggingFaceExport(model: directory)
///     try export.write(to: folder)
public struct HuggingFaceExport {
  /// The family that it leaves as.
  public let family: HuggingFaceFamily
  /// Whether the folder is going to have a tokenizer: SentencePiece's can be written, and what the
  /// model, or the one that it was trained on from, came with.
  public var writesTokenizer: Bool {
    origin != nil || HuggingFaceTokenizerFiles(directory.codec) != nil
  }

  /// The type in which tensors are written where the original's are not known.
  public let elementType: SafetensorsFile.ElementType

  private let directory: ModelDirectory
  private let origin: HuggingFaceOrigin?

  /// Finds the form for a model directory.
  ///
  /// - Parameters:
  ///   - model: the directory.
  ///   - family: the family to leave as; nil is that which it came as, or the first that fits.
  ///   - elementType: float32, float16 or bfloat16; nil is what it came in, or float32.
  /// - Throws: ``InterchangeError`` that names the options in the way; what opening the directory
  ///   throws.
  public init(
    model: URL, family: HuggingFaceFamily? = nil,
    elementType: SafetensorsFile.ElementType? = nil
  ) throws {
    directory = try ModelDirectory.load(model)
    let kept = try HuggingFaceOrigin(model: model)
    let keptFamily = try kept?.family()
    let isOriginal = keptFamily != nil && (family ?? keptFamily) == keptFamily && elementType == nil
    origin = isOriginal ? kept : nil
    self.elementType = elementType ?? .float32
    self.family = try family ?? keptFamily ?? Self.fitting(directory, path: model.path)
    // What came as it is can leave as it came.
    let obstacles =
      isOriginal ? [] : self.family.obstacles(to: directory.model.configuration)
    guard obstacles.isEmpty else {
      throw Self.refusal([(self.family, obstacles)], path: model.path)
    }
    guard directory.model.store.storedPrecision == .float32 else {
      throw InterchangeError(
        .unsupported, path: model.path,
        found: "a model quantized to \(directory.model.store.storedPrecision.rawValue)",
        expected: "the model that it was made from", hint: "export that; rounding is not undone")
    }
  }

  private static func fitting(
    _ directory: ModelDirectory, path: String
  ) throws -> HuggingFaceFamily {
    let tried = [HuggingFaceFamily.marian, .pegasus, .bart, .mbart, .t5].map {
      (family: $0, obstacles: $0.obstacles(to: directory.model.configuration))
    }
    if let fitting = tried.first(where: { $0.obstacles.isEmpty }) { return fitting.family }
    throw refusal(tried, path: path)
  }

  private static func refusal(
    _ tried: [(family: HuggingFaceFamily, obstacles: [HuggingFaceFamily.Obstacle])], path: String
  ) -> InterchangeError {
    // The family that is nearest says what stands in the way.
    let nearest = tried.min { $0.obstacles.count < $1.obstacles.count }
    let named = nearest.map { $0.obstacles.map(\.description).joined(separator: ", ") } ?? ""
    let family = nearest?.family.rawValue ?? ""
    return InterchangeError(
      .unsupported, path: path, found: "options that \(family) has no counterpart of: \(named)",
      expected: tried.count > 1 ? "a model that is Marian's, BART's, Pegasus' or T5's" : "",
      hint: "train it with other values of these keys, or export it as ONNX")
  }

  // MARK: Writing

  /// Writes settings and tensors, and the tokenizer's files where ``writesTokenizer``.
  ///
  /// - Throws: ``CheckpointError`` where something cannot be written.
  public func write(to folder: URL) throws {
    if let origin {
      try origin.restore(to: folder)
    } else {
      let settings = HuggingFaceSettings(
        family: family, configuration: directory.model.configuration,
        vocabularies: directory.model.vocabularies, generation: directory.generation,
        elementType: elementType.torchName)
      for (name, contents) in [
        ("config.json", settings.model), ("generation_config.json", settings.search),
      ] {
        try AtomicFile.write(
          try HuggingFaceSettings.text(contents), to: folder.appendingPathComponent(name).path)
      }
      try HuggingFaceTokenizerFiles(directory.codec)?.write(to: folder)
    }
    try writeTensors(to: folder.appendingPathComponent("model.safetensors").path)
  }

  private func writeTensors(to path: String) throws {
    let tensors = ExportedTensors(
      directory.model, family,
      positionCount: origin?.tableSize ?? HuggingFaceSettings.sinusoidCount)
    let declarations: [SafetensorsFile.Declaration] =
      if let origin {
        origin.tensors.map {
          .init(
            name: $0.name, elementType: .init(rawValue: $0.type) ?? .float32, shape: $0.shape)
        }
      } else {
        tensors.all.map { .init(name: $0.name, elementType: elementType, shape: $0.shape) }
      }
    for declaration in declarations {
      guard let tensor = tensors[declaration.name], tensor.shape == declaration.shape else {
        throw InterchangeError(
          .wrongTensors, path: origin?.folder.path ?? path, name: declaration.name,
          found: "a tensor \(declaration.shape) that the model does not have",
          expected: "the list of tensors that import wrote",
          hint: "remove the folder to export the model as one trained here")
      }
    }
    try SafetensorsFile.write(declarations, metadata: ["format": "pt"], to: path) { tensor, sink in
      let values = tensors[tensor.name]?.values() ?? []
      switch tensor.elementType {
      case .float16:
        try values.map(\.halfBits).withUnsafeBytes { try sink.write($0) }
      case .bfloat16:
        var halves = [UInt16](repeating: 0, count: values.count)
        Kernels.roundToBFloat16(values, into: &halves, count: values.count)
        try halves.withUnsafeBytes { try sink.write($0) }
      default: try values.withUnsafeBytes { try sink.write($0) }
      }
    }
  }
}

extension SafetensorsFile.ElementType {
  /// What PyTorch calls it.
  fileprivate var torchName: String {
    switch self {
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    default: "float32"
    }
  }
}
