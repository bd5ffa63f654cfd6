// What a source of several paragraphs needs of a model.

extension TransformerConfiguration {
  /// Where layers among paragraphs are none, or do not go with something else: a key, and what is to be
  /// said of it.
  package var documentProblems: [(key: String, message: String)] {
    guard let documentLayerCount else { return [] }
    if documentLayerCount < 1 {
      return [("document_layer_count", "is \(documentLayerCount), below 1")]
    }
    guard latentCount == nil else {
      return [
        (
          "document_layer_count",
          "does not go with latent_count: latents read a source as a whole, in the place of its "
            + "tokens, and leave no paragraphs"
        )
      ]
    }
    return []
  }
}

extension ModelConfiguration {
  /// The layers of the encoder among the paragraphs of a source; nil where it reads a source as a whole.
  public var documentLayerCount: Int? {
    switch self {
    case .transformer(let configuration): configuration.documentLayerCount
    case .recurrent: nil
    case .mixed(let configuration): configuration.encoder.documentLayerCount
    }
  }
}
