import SeqKit

extension TransformerConfiguration {
  /// Reads the keys of a Transformer's section, or of one half of a mixed model.
  ///
  /// When it does not say how embeddings are tied, `tying` is what they are.
  init(
    section: ConfigurationSection, half: ModelHalf?, tying defaultTying: EmbeddingTying,
    defaults: TransformerConfiguration
  ) {
    let layers = section.layerCounts(
      half, defaults: (defaults.encoderLayerCount, defaults.decoderLayerCount))
    let writes = half != .encoder
    /// A key of the encoder alone.
    func reading(_ key: String, atLeast minimum: Int, or fallback: Int?) -> Int? {
      half == .decoder ? nil : section.optionalWholeNumber(key, atLeast: minimum) ?? fallback
    }
    let positions = section.choice("positions") ?? defaults.positions
    self.init(
      encoderLayerCount: layers.encoder, decoderLayerCount: layers.decoder,
      embeddingSize: section.wholeNumber("embedding_size", or: defaults.embeddingSize, atLeast: 1),
      feedForwardSize: section.wholeNumber(
        "feed_forward_size", or: defaults.feedForwardSize, atLeast: 1),
      headCount: section.wholeNumber("head_count", or: defaults.headCount, atLeast: 1),
      headSize: section.optionalWholeNumber("head_size", atLeast: 1) ?? defaults.headSize,
      dropout: section.number("dropout", or: defaults.dropout, .probability),
      attentionDropout: section.number(
        "attention_dropout", or: defaults.attentionDropout, .probability),
      activationDropout: section.number(
        "activation_dropout", or: defaults.activationDropout, .probability),
      positions: positions,
      maxPositions: section.wholeNumber("max_positions", or: defaults.maxPositions, atLeast: 1),
      maxDistance: section.optionalWholeNumber("max_distance", atLeast: 1)
        ?? (positions == defaults.positions ? defaults.maxDistance : nil),
      bucketCount: section.optionalWholeNumber("bucket_count", atLeast: 4) ?? defaults.bucketCount,
      attentionWindow: reading("attention_window", atLeast: 2, or: defaults.attentionWindow),
      globalTokenCount: reading("global_token_count", atLeast: 0, or: defaults.globalTokenCount),
      latentCount: reading("latent_count", atLeast: 1, or: defaults.latentCount),
      latentReadEvery: reading("latent_read_every", atLeast: 1, or: defaults.latentReadEvery),
      memoryCompression: reading("memory_compression", atLeast: 2, or: defaults.memoryCompression),
      documentLayerCount: reading(
        "document_layer_count", atLeast: 1, or: defaults.documentLayerCount),
      norm: section.choice("norm") ?? defaults.norm,
      normType: section.choice("norm_type") ?? defaults.normType,
      activation: section.choice("activation") ?? defaults.activation,
      tying: writes ? section.choice("tying") ?? defaultTying : defaultTying,
      initialization: section.choice("initialization") ?? defaults.initialization,
      outputBias: writes && section.flag("output_bias", or: defaults.outputBias),
      copying: writes ? section.copying(or: defaults.copying) : nil,
      conventions: section.conventions(or: defaults.conventions))
    section.require(
      headSize != nil || embeddingSize % headCount == 0, about: "head_count", "embedding_size",
      or: "\(headCount) heads do not divide an embedding_size of \(embeddingSize)")
    section.require(
      !positions.isSinusoidal || embeddingSize % 2 == 0, about: "embedding_size", "positions",
      or: "sinusoidal positions need an even size, found \(embeddingSize)")
    section.require(
      positions != .rotary || columnsPerHead % 2 == 0, about: "head_count", "head_size",
      "embedding_size", "positions",
      or: "rotary positions need heads of an even size, found \(columnsPerHead)")
    section.require(
      positions != .alibi || headCount > 1, about: "head_count", "positions",
      or: "alibi positions need at least 2 heads, in the encoder one that looks back and one ahead")
    section.require(
      positions != .t5 || distanceLimit > bucketLimit / 2, about: "max_distance", "bucket_count",
      "positions",
      or: "expected more than half of bucket_count, \(bucketLimit), found \(distanceLimit)")
    for (key, message) in longInputProblems + documentProblems { section.note(key, message) }
    for (key, message) in conventions.problems(self) {
      section.note("conventions", "\(key) \(message)")
    }
    if positions != .learned {
      section.refuse(
        "max_positions",
        reason: "has no effect with \(positions.rawValue) positions, only with learned"
      )
    }
    if !positions.hasDistances {
      section.refuse(
        "max_distance",
        reason:
          "has no effect with \(positions.rawValue) positions, only with shaw, t5 and disentangled")
    }
    if positions != .t5 {
      section.refuse(
        "bucket_count", reason: "has no effect with \(positions.rawValue) positions, only with t5")
    }
  }
}
