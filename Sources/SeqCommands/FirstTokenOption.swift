import ArgumentParser
import SeqKit

/// The token that targets begin with, such as the language of a multilingual model.
struct FirstTokenOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The token that each target begins with, such as a language's; translations have it at no "
        + "cost (default: what the model says, or none).",
      valueName: "token"))
  var firstToken: String?

  /// The model whose targets begin with the token, if one is given.
  ///
  /// - Throws: `ValidationError` when its vocabulary has no such token.
  func applied(to loaded: ModelDirectory) throws -> ModelDirectory {
    guard let firstToken else { return loaded }
    let pieces = loaded.codec.target.vocabulary.pieces
    guard let id = pieces.firstIndex(of: Array(firstToken.utf8)) else {
      throw ValidationError(
        "--first-token: the vocabulary of \(pieces.count) tokens has no '\(firstToken)'; spell it as "
          + "'seq2seq tokenizer encode' writes it.")
    }
    var generation = loaded.generation ?? GenerationSettings()
    generation.firstToken = Int32(id)
    return ModelDirectory(model: loaded.model, codec: loaded.codec, generation: generation)
  }
}
