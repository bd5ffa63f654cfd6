import SeqKit

extension RecurrentConfiguration {
  /// Reads the keys of a recurrent model's section, or of one half of a mixed model.
  ///
  /// When it does not say how embeddings are tied, `tying` is what they are.
  init(
    section: ConfigurationSection, half: ModelHalf?, tying defaultTying: EmbeddingTying,
    defaults: RecurrentConfiguration
  ) {
    let layers = section.layerCounts(
      half, defaults: (defaults.encoderLayerCount, defaults.decoderLayerCount))
    let (reads, writes) = (half != .decoder, half != .encoder)
    let hiddenSize = section.wholeNumber("hidden_size", or: defaults.hiddenSize, atLeast: 1)
    var attention = defaults.attention
    if writes, section.contains("attention") {
      attention = section.section("attention") { section in
        RecurrentAttentionConfiguration(
          section: section, defaults: defaults.attention ?? RecurrentAttentionConfiguration())
      }
    }
    self.init(
      cell: section.choice("cell") ?? defaults.cell, encoderLayerCount: layers.encoder,
      decoderLayerCount: layers.decoder,
      embeddingSize: section.wholeNumber("embedding_size", or: defaults.embeddingSize, atLeast: 1),
      embeddingDeviation: section.isSet("embedding_deviation")
        ? section.number("embedding_deviation", or: 1, .positive) : defaults.embeddingDeviation,
      hiddenSize: hiddenSize,
      direction: reads ? section.choice("direction") ?? defaults.direction : defaults.direction,
      attention: attention,
      contextUse: writes ? section.choice("context_use") ?? defaults.contextUse : .start,
      bridge: writes ? section.choice("bridge") ?? defaults.bridge : .learned,
      dropout: section.number("dropout", or: defaults.dropout, .probability),
      variationalDropout: section.flag("variational_dropout", or: defaults.variationalDropout),
      forgetBias: section.number("forget_bias", or: defaults.forgetBias, .notNegative),
      tying: writes ? section.choice("tying") ?? defaultTying : defaultTying,
      outputBias: writes && section.flag("output_bias", or: defaults.outputBias),
      copying: writes ? section.copying(or: defaults.copying) : nil)
    if cell != .lstm {
      section.refuse("forget_bias", reason: "has no effect with cell: \(cell.rawValue)")
    }
    if writes, attention != nil {
      section.refuse(
        "context_use", reason: "has no effect with attention; write attention: null for none")
    }
    guard half == nil else { return }
    let finals = FinalStates(cell: cell, layerCount: encoderLayerCount)
    for (key, message) in decoderProblems(memorySize: memorySize, finalStates: finals) {
      section.note(key, message)
    }
    if tying.sharesProjection, embeddingSize != hiddenSize {
      section.note(
        "tying",
        "\(tying.rawValue) needs embedding_size and hidden_size to be equal, not \(embeddingSize) "
          + "and \(hiddenSize)")
    }
  }
}

extension RecurrentAttentionConfiguration {
  /// Reads the `attention` section.
  init(section: ConfigurationSection, defaults: RecurrentAttentionConfiguration) {
    self.init(
      score: section.choice("score") ?? defaults.score,
      size: section.optionalWholeNumber("size", atLeast: 1) ?? defaults.size,
      headCount: section.wholeNumber("head_count", or: defaults.headCount, atLeast: 1),
      placement: section.choice("placement") ?? defaults.placement,
      inputFeeding: section.flag("input_feeding", or: defaults.inputFeeding))
    if score == .dot || score == .general {
      section.refuse("size", reason: "has no effect with score: \(score.rawValue)")
    }
    if score != .multiHead {
      section.refuse("head_count", reason: "has no effect with score: \(score.rawValue)")
    }
  }
}
