import SeqKit

extension TransformerConfiguration {
  /// What `model.type` may say.
  private enum Family: String, CaseIterable {
    case transformer
  }

  /// Reads the `model` section.
  ///
  /// When it does not say how embeddings are tied, all are where source and target share a
  /// vocabulary, and the target's two otherwise. A model to start from has decided all but the rates
  /// of dropout.
  init(section: ConfigurationSection, sharesVocabulary: Bool, startingFrom start: StartingModel?) {
    let defaults = start?.model ?? TransformerConfiguration()
    _ = section.choice("type", of: Family.self)
    _ = section.text("from")
    let layerCount = section.optionalWholeNumber("layer_count", atLeast: 1)
    if section.isSet("layer_count") {
      section.refuse(
        "encoder_layer_count", "decoder_layer_count",
        reason: "either layer_count, for both, or encoder_layer_count and decoder_layer_count")
    }
    section.require(
      section.isSet("encoder_layer_count") == section.isSet("decoder_layer_count"),
      about: "encoder_layer_count", "decoder_layer_count",
      or: "encoder_layer_count and decoder_layer_count go together; layer_count is for both")
    self.init(
      encoderLayerCount: section.wholeNumber(
        "encoder_layer_count", or: layerCount ?? defaults.encoderLayerCount, atLeast: 1),
      decoderLayerCount: section.wholeNumber(
        "decoder_layer_count", or: layerCount ?? defaults.decoderLayerCount, atLeast: 1),
      embeddingSize: section.wholeNumber("embedding_size", or: defaults.embeddingSize, atLeast: 1),
      feedForwardSize: section.wholeNumber(
        "feed_forward_size", or: defaults.feedForwardSize, atLeast: 1),
      headCount: section.wholeNumber("head_count", or: defaults.headCount, atLeast: 1),
      dropout: section.number("dropout", or: defaults.dropout, .probability),
      attentionDropout: section.number(
        "attention_dropout", or: defaults.attentionDropout, .probability),
      activationDropout: section.number(
        "activation_dropout", or: defaults.activationDropout, .probability),
      positions: section.choice("positions") ?? defaults.positions,
      maxPositions: section.wholeNumber("max_positions", or: defaults.maxPositions, atLeast: 1),
      norm: section.choice("norm") ?? defaults.norm,
      activation: section.choice("activation") ?? defaults.activation,
      tying: section.choice("tying") ?? start?.model.tying ?? (sharesVocabulary ? .all : .target),
      initialization: section.choice("initialization") ?? defaults.initialization,
      outputBias: section.flag("output_bias", or: defaults.outputBias))
    section.require(
      embeddingSize % headCount == 0, about: "head_count", "embedding_size",
      or: "\(headCount) heads do not divide an embedding_size of \(embeddingSize)")
    section.require(
      positions != .sinusoidal || embeddingSize % 2 == 0, about: "embedding_size", "positions",
      or: "sinusoidal positions need an even size, found \(embeddingSize)")
    if positions == .sinusoidal {
      section.refuse("max_positions", reason: "has no effect with sinusoidal positions")
    }
    if let start {
      section.refuse(
        "initialization", reason: "has no effect with from: the parameters are there already")
      start.check(section, architectureDifferences(from: start.model))
    }
  }
}
