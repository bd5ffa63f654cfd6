import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq import`: a model of Hugging Face's transformers as one of this toolkit.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a model directory of a Hugging Face one.",
    discussion: """
      Reads what save_pretrained writes, or what was downloaded whole: config.json, safetensors in one \
      file or several, the tokenizer's files, generation_config.json. MarianMT (OPUS-MT), BART, mBART, \
      Pegasus, T5 and mT5 are known. What their makers say about searching, such as the beam size or a \
      first token, holds for translate where no flag says otherwise.

        seq2seq import opus-mt-en-de --output runs/opus-en-de
        echo "Hello, world!" | seq2seq translate runs/opus-en-de
      """)

  @Argument(help: ArgumentHelp("The Hugging Face directory.", valueName: "directory"))
  var directory: String

  @Option(help: ArgumentHelp("Where the model goes; new or empty.", valueName: "directory"))
  var output: String

  func run() throws {
    try reportingErrors {
      let folder = URL(fileURLWithPath: directory)
      guard isDirectory(directory) else {
        throw InterchangeError(
          .missingFile, path: directory, found: "no such folder",
          expected: "a model of Hugging Face's transformers",
          hint: "give the folder that save_pretrained wrote, or that was downloaded whole")
      }
      let codec = try TextCodec(huggingFace: folder)
      let model = try HuggingFaceModel(
        directory: folder, unknown: codec.target.vocabulary.specialTokens.unknown)
      try model.check(codec)
      try writeDirectory(output) { try model.write(to: $0, codec: codec) }
      Console.note(
        "\(output): a model of type \(model.family.rawValue), vocabulary of "
          + "\(model.vocabularies.target)")
    }
  }
}
