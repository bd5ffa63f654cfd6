internal import SeqLayers
internal import SeqModels

extension HuggingFaceFamily {
  /// What of a model this family has no counterpart of, each a key and why; none when a model can
  /// leave in its form.
  func obstacles(to configuration: ModelConfiguration) -> [Obstacle] {
    guard let halves = configuration.transformerHalves else {
      return [Obstacle(key: "type", reason: "\(configuration.family.rawValue) is no Transformer")]
    }
    var obstacles = Obstacles()
    if case .mixed = configuration, isT5 {
      obstacles.add("type", "halves of sizes of their own")
    }
    for half in [halves.encoder, halves.decoder] { common(half, &obstacles) }
    for half in [halves.encoder, halves.decoder] {
      if isT5 {
        t5(half, &obstacles)
      } else {
        bart(half, &obstacles)
      }
    }
    if isT5, (configuration.tying == .all) != halves.decoder.conventions.scaledOutput {
      obstacles.add(
        "conventions.scaled_output", "it divides outputs if and only if it ties all embeddings")
    }
    if configuration.tying == .target || configuration.tying == .none, self != .marian {
      obstacles.add("tying", "\(configuration.tying.rawValue): its two embeddings are always one")
    }
    return obstacles.found
  }

  /// Options that no family has.
  private func common(_ half: TransformerConfiguration, _ obstacles: inout Obstacles) {
    if half.copying != nil { obstacles.add("copying", "words of the source are never copied") }
    if half.attentionWindow != nil {
      obstacles.add("attention_window", "attention sees everything")
    }
    if half.documentLayerCount != nil {
      obstacles.add("document_layer_count", "it knows no paragraphs")
    }
    if half.latentCount != nil { obstacles.add("latent_count", "it has no latents") }
    if half.memoryCompression != nil {
      obstacles.add("memory_compression", "the decoder sees every token")
    }
  }

  /// Marian, BART, mBART and Pegasus.
  private func bart(_ half: TransformerConfiguration, _ obstacles: inout Obstacles) {
    let norm: NormPlacement = self == .marian || self == .bart ? .post : .pre
    let hasEmbeddingNorm = self == .bart || self == .mbart
    let conventions = half.conventions
    if half.norm != norm {
      obstacles.add("norm", "\(half.norm.rawValue), its own is \(norm.rawValue)")
    }
    if half.normType != .layer { obstacles.add("norm_type", "\(half.normType.rawValue)") }
    if half.positions != .learned, hasEmbeddingNorm || !half.positions.isSinusoidal {
      obstacles.add("positions", "\(half.positions.rawValue)")
    }
    if half.huggingFaceActivation == nil {
      obstacles.add("activation", "\(half.activation.rawValue)")
    }
    if half.columnsPerHead * half.headCount != half.embeddingSize {
      obstacles.add("head_size", "its heads divide the embedding size")
    }
    if conventions.embeddingNorm != hasEmbeddingNorm {
      obstacles.add(
        "conventions.embedding_norm",
        "\(conventions.embeddingNorm), its own is \(hasEmbeddingNorm)")
    }
    if !conventions.scaledAttention { obstacles.add("conventions.scaled_attention", "false") }
    if !conventions.linearBias { obstacles.add("conventions.linear_bias", "false") }
    if conventions.scaledOutput { obstacles.add("conventions.scaled_output", "true") }
    if conventions.normEpsilon != 1e-5 {
      obstacles.add("conventions.norm_epsilon", "\(conventions.normEpsilon), its own is 1e-05")
    }
  }

  private func t5(_ half: TransformerConfiguration, _ obstacles: inout Obstacles) {
    let conventions = half.conventions
    if half.positions != .t5 { obstacles.add("positions", "\(half.positions.rawValue)") }
    if half.norm != .pre { obstacles.add("norm", "\(half.norm.rawValue), its own is pre") }
    if half.normType != .rms { obstacles.add("norm_type", "\(half.normType.rawValue)") }
    if half.t5Projection == nil { obstacles.add("activation", "\(half.activation.rawValue)") }
    if half.outputBias { obstacles.add("output_bias", "true") }
    if conventions.scaledEmbeddings { obstacles.add("conventions.scaled_embeddings", "true") }
    if conventions.embeddingNorm { obstacles.add("conventions.embedding_norm", "true") }
    if conventions.scaledAttention { obstacles.add("conventions.scaled_attention", "true") }
    if conventions.linearBias { obstacles.add("conventions.linear_bias", "true") }
  }

  /// One option that stands in the way.
  struct Obstacle: Hashable, CustomStringConvertible {
    /// As a configuration spells it.
    let key: String
    let reason: String

    var description: String { "\(key) (\(reason))" }
  }

  private struct Obstacles {
    private(set) var found: [Obstacle] = []

    mutating func add(_ key: String, _ reason: String) {
      guard !found.contains(where: { $0.key == key }) else { return }
      found.append(Obstacle(key: key, reason: reason))
    }
  }
}

extension TransformerConfiguration {
  /// What `activation_function` says; nil where transformers has none such.
  var huggingFaceActivation: String? {
    switch activation {
    case .relu: "relu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_new"
    case .swish: "swish"
    case .geglu, .gegluTanh, .swiglu: nil
    }
  }

  /// What `feed_forward_proj` says; nil where T5 has none such.
  var t5Projection: String? {
    switch activation {
    case .relu: "relu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_new"
    case .swish: "silu"
    case .gegluTanh: "gated-gelu"
    case .swiglu: "gated-silu"
    case .geglu: nil
    }
  }
}
