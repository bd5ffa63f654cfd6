public import ArgumentParser
import Foundation
public import SeqKit

/// `seq2seq export`: a model of this toolkit as one that others read.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model as Hugging Face's transformers or ONNX Runtime read it.",
    discussion: """
      As hugging_face, a model that was imported leaves as it came, its tensors in the types they \
      had. One that was trained here leaves as the family that fits: norms after the blocks as \
      Marian or BART, before them as Pegasus or mBART, T5's options as T5. Options that no family \
      has are named.

      As onnx, models of every type, but for those of documents, leave as three graphs: \
      encoder_model.onnx, decoder_model.onnx over whole targets and decoder_with_past_model.onnx \
      over one token after others. Sizes of batches and lengths are free; masks are inputs, true \
      for what is hidden. onnx.json lists inputs and outputs, and the tokenizer's files are \
      beside it.

        seq2seq export runs/en-de --output en-de-hf
        python -c "from transformers import pipeline; \
      print(pipeline('translation', 'en-de-hf')('Hello'))"
        seq2seq export runs/en-de --format onnx --output en-de-onnx
      """)

  @Argument(
    help: ArgumentHelp("The directory of a trained model, or a checkpoint.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Where it goes; new or empty.", valueName: "directory"))
  var output: String

  @Option(help: ArgumentHelp("hugging_face or onnx.", valueName: "format"))
  var format: Format = .huggingFace

  @Option(
    help: ArgumentHelp(
      "marian, bart, mbart, pegasus, t5 or mt5 (default: the family it came as, or that fits).",
      valueName: "family"))
  var family: HuggingFaceFamily?

  @Option(
    name: .customLong("type"),
    help: ArgumentHelp(
      "float32, float16 or bfloat16 (default: the types it came in, or float32).",
      valueName: "type"))
  var elementType: TensorType?

  /// Who is to read the model.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case huggingFace = "hugging_face"
    case onnx
  }

  /// What tensors are written in.
  enum TensorType: String, CaseIterable, ExpressibleByArgument {
    case float32, float16, bfloat16

    var elementType: SafetensorsFile.ElementType {
      switch self {
      case .float32: .float32
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
    }
  }

  func validate() throws {
    guard format == .onnx else { return }
    if family != nil { throw ValidationError("--family goes with --format hugging_face alone.") }
    if elementType != nil {
      throw ValidationError("--type goes with --format hugging_face alone; ONNX has float32.")
    }
  }

  func run() throws {
    try reportingErrors {
      switch format {
      case .huggingFace: try exportToHuggingFace()
      case .onnx: try exportToONNX()
      }
    }
  }

  private func exportToONNX() throws {
    let export = try ONNXExport(model: URL(fileURLWithPath: model))
    try writeDirectory(output) { try export.write(to: $0) }
    Console.note("\(output): \(ONNXExport.fileNames.joined(separator: ", "))")
  }

  private func exportToHuggingFace() throws {
    let export = try HuggingFaceExport(
      model: URL(fileURLWithPath: model), family: family, elementType: elementType?.elementType)
    try writeDirectory(output) { try export.write(to: $0) }
    Console.note("\(output): a model of type \(export.family.rawValue)")
    if !export.writesTokenizer {
      Console.note(
        "Note: without a tokenizer, because only those of type bpe and unigram have a counterpart "
          + "there; tokenize with 'seq2seq tokenizer encode \(model)'.")
    }
  }
}

extension HuggingFaceFamily: ExpressibleByArgument {}
