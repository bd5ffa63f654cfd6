import Foundation
import SeqInterchange
import SeqLayers
import SeqModels
import SeqProtobufs
import SeqText
import SeqTensors
import SwiftProtobuf

/// Small models of many kinds, exported.
enum ONNXFixture {
  /// Names, and what the models are; between them every kind of layer that graphs have.
  static let configurations: [(name: String, configuration: ModelConfiguration)] =
    transformers.map { ($0.0, .transformer(changed(transformer, $0.1))) }
    + recurrent.map { ($0.0, .recurrent(changed(recurrentModel, $0.1))) } + mixed

  private static func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
  }

  private static let transformer = TransformerConfiguration(
    encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 16, feedForwardSize: 24,
    headCount: 2, maxPositions: 60, tying: .none)

  private static let transformers: [(String, @Sendable (inout TransformerConfiguration) -> Void)] =
    [
      ("sinusoidal", { $0.tying = .all }),
      ("shaw", { ($0.positions, $0.maxDistance, $0.activation) = (.shaw, 3, .gelu) }),
      (
        "t5",
        {
          ($0.positions, $0.maxDistance, $0.bucketCount) = (.t5, 6, 8)
          ($0.normType, $0.activation, $0.tying) = (.rms, .gegluTanh, .embeddings)
          $0.conventions = TransformerConventions(
            scaledEmbeddings: false, scaledAttention: false, linearBias: false,
            scaledOutput: true)
        }
      ),
      ("disentangled", { ($0.positions, $0.maxDistance) = (.disentangled, 4) }),
      (
        "rotary-window",
        { ($0.positions, $0.attentionWindow, $0.globalTokenCount) = (.rotary, 4, 1) }
      ),
      ("alibi", { ($0.positions, $0.norm, $0.tying) = (.alibi, .post, .target) }),
      (
        "learned",
        {
          ($0.positions, $0.outputBias, $0.activation) = (.learned, true, .swish)
          ($0.conventions.embeddingNorm, $0.conventions.positionOffset) = (true, 2)
        }
      ),
      ("latents", { ($0.latentCount, $0.positions) = (3, .paperSinusoidal) }),
      ("copying", { $0.copying = CopyingConfiguration(size: 12) }),
      ("compression", { ($0.memoryCompression, $0.activation, $0.tying) = (3, .swiglu, .target) }),
    ]

  private static let recurrentModel = RecurrentConfiguration(
    encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 12, hiddenSize: 16, dropout: 0)

  private static let recurrent: [(String, @Sendable (inout RecurrentConfiguration) -> Void)] = [
    ("lstm", { _ in }),
    (
      "gru",
      { ($0.cell, $0.attention) = (.gru, .init(score: .additive, size: 10, placement: .before)) }
    ),
    (
      "input-feeding",
      { ($0.cell, $0.attention) = (.rnnReLU, .init(score: .concat, inputFeeding: true)) }
    ),
    (
      "multi-head",
      { ($0.cell, $0.attention) = (.rnnTanh, .init(score: .multiHead, headCount: 4)) }
    ),
    ("scaled-dot", { $0.attention = .init(score: .scaledDot, size: 6, placement: .before) }),
    (
      "dot",
      { ($0.direction, $0.bridge, $0.attention) = (.backward, .copy, .init(score: .dot)) }
    ),
    (
      "coverage",
      { ($0.copying, $0.bridge) = (CopyingConfiguration(coverage: true), .learned) }
    ),
    ("cho", { ($0.attention, $0.contextUse, $0.cell) = (nil, .everyStep, .gru) }),
    ("sutskever", { ($0.attention, $0.direction, $0.bridge) = (nil, .forward, .copy) }),
  ]

  private static let mixed: [(name: String, configuration: ModelConfiguration)] = [
    (
      "recurrent-transformer",
      .mixed(
        MixedConfiguration(
          encoder: .recurrent(recurrentModel),
          decoder: .transformer(transformer)))
    ),
    (
      "transformer-recurrent",
      .mixed(
        MixedConfiguration(
          encoder: .transformer(changed(transformer) { $0.memoryCompression = 2 }),
          decoder: .recurrent(changed(recurrentModel) { $0.attention = nil })))
    ),
  ]

  static let vocabularies = VocabularySizes(source: 20, target: 20)

  /// A model whose weights are large enough for answers to differ.
  static func model(_ name: String) -> any EncoderDecoder {
    let configuration = configurations.first { $0.name == name }?.configuration
    let model = (configuration ?? .transformer(transformer)).model(
      vocabularies: vocabularies, seed: 5)
    for parameter in model.store.parameters where parameter.shape.rank == 2 {
      parameter.assign(parameter.values.map { 2 * $0 })
    }
    return model
  }

  static func directory(_ name: String) -> ModelDirectory {
    ModelDirectory(model: model(name), codec: .letters(count: vocabularies.target))
  }

  /// A folder that is removed when `body` is done.
  static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  static let files = ["encoder_model.onnx", "decoder_model.onnx", "decoder_with_past_model.onnx"]

  static func read(_ file: String, in folder: URL) throws -> ONNXModelProto {
    try ONNXModelProto(
      serializedBytes: Data(contentsOf: folder.appendingPathComponent(file)))
  }

  /// The files of a model, by name.
  static func exported(_ name: String) throws -> [String: ONNXModelProto] {
    try withFolder { folder in
      try ONNXExport(directory(name), path: name).write(to: folder)
      return Dictionary(
        uniqueKeysWithValues: try files.map { ($0, try read($0, in: folder)) })
    }
  }
}

extension TextCodec {
  /// A codec of as many letters as the vocabulary has room for.
  static func letters(count: Int) -> TextCodec {
    let letters = (0..<count - 4).map { [UInt8](String(UnicodeScalar(UInt8(65 + $0))).utf8) }
    let vocabulary = Vocabulary(
      pieces: ["<pad>", "<s>", "</s>", "<unk>"].map { Array($0.utf8) } + letters)
    let tokenizer = CharacterTokenizer(vocabulary: vocabulary, unit: .scalar, normalization: .none)
    return TextCodec(
      configuration: TokenizerConfiguration(type: .character, shared: true), source: tokenizer,
      target: tokenizer)
  }
}
