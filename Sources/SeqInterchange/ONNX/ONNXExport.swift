public import Foundation
internal import SeqCheckpoints
internal import SeqKernels
package import SeqModels
internal import SeqTensors

/// A model on its way to ONNX, as three graphs that ONNX Runtime and others run.
///
///     let export = try ONNXExport(model: directory)
///     try export.write(to: folder)
///
/// `encoder_model.onnx` reads a source, `decoder_model.onnx` a whole target, and
/// `decoder_with_past_model.onnx` one token after others; every output `present.x` of one is the input
/// `past.x` of the next. `onnx.json` lists inputs and outputs, vocabulary sizes and special ids; the
/// tokenizer's files are beside it. Operators are those of opset 17.
///
/// Ids and masks are padded tensors of any size, `[batch, length]`, padding standing behind the
/// tokens; in every mask true is what is hidden, and the causal mask `[target, target]` is an input
/// too. What is hidden changes nothing: a text comes out the same however long its padding is, to
/// rounding. Of a text with everything hidden finite numbers come out, never NaN. The logits of a model
/// that copies are logarithms of probabilities, of the vocabulary's words and behind them of those that
/// the batch's sources have beyond it.
public struct ONNXExport {
  /// Names of the files that ``write(to:)`` makes beside the tokenizer's, but those with numbers of
  /// models beyond the limit.
  public static let fileNames = [
    "encoder_model.onnx", "decoder_model.onnx", "decoder_with_past_model.onnx", "onnx.json",
  ]

  private let directory: ModelDirectory
  private let graphs: ModelGraphs

  /// Makes the graphs of a model directory.
  ///
  /// - Throws: ``InterchangeError`` for a quantized model; what opening the directory throws.
  public init(model: URL) throws {
    try self.init(ModelDirectory.load(model), path: model.path)
  }

  package init(_ directory: ModelDirectory, path: String) throws {
    guard directory.model.store.storedPrecision == .float32 else {
      throw InterchangeError(
        .unsupported, path: path,
        found: "a model quantized to \(directory.model.store.storedPrecision.rawValue)",
        expected: "the model that it was made from", hint: "export that; rounding is not undone")
    }
    guard directory.model.configuration.documentLayerCount == nil else {
      throw InterchangeError(
        .unsupported, path: path, found: "document_layer_count, layers among paragraphs",
        hint: "its graphs do not know paragraphs; train the model without")
    }
    self.directory = directory
    graphs = ModelGraphs(directory.model)
  }

  /// Writes the graphs, `onnx.json` and the tokenizer's files.
  ///
  /// - Throws: ``CheckpointError`` or ``TextError`` where something cannot be written.
  public func write(to folder: URL) throws {
    try write(to: folder, sizeLimit: GraphFile.sizeLimit)
  }

  /// `sizeLimit` is how many bytes of numbers a file holds itself.
  package func write(to folder: URL, sizeLimit: Int) throws {
    for file in files { try file.write(to: folder, sizeLimit: sizeLimit) }
    try AtomicFile.write(
      ONNXDescription(graphs, directory).text(),
      to: folder.appendingPathComponent("onnx.json").path)
    try directory.codec.save(to: folder)
  }

  var files: [GraphFile] {
    let model = directory.model
    return graphs.all.map {
      GraphFile(
        name: $0.name, graph: $0.graph,
        metadata: [
          ("family", model.configuration.family.rawValue), ("opset", "\(GraphFile.opset)"),
          ("source_vocabulary_size", "\(model.vocabularies.source)"),
          ("target_vocabulary_size", "\(model.vocabularies.target)"),
          ("masks", "true is hidden"),
        ])
    }
  }
}
