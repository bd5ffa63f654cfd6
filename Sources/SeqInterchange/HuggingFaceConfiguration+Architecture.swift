internal import SeqModels

// The sizes and choices of a model in this toolkit's terms.
extension HuggingFaceConfiguration {
  /// The family, refused by name where it has no counterpart.
  func family(path: String) throws(InterchangeError) -> HuggingFaceFamily {
    if let modelType, let family = HuggingFaceFamily(rawValue: modelType) { return family }
    let known = HuggingFaceFamily.allCases.map(\.rawValue).joined(separator: ", ")
    throw InterchangeError(
      .unsupported, path: path, name: "model_type",
      found: modelType.map { "'\($0)'" } ?? "no such key", expected: "one of \(known)",
      hint: "other models have no counterpart here")
  }

  /// The model's configuration, its tying and the positions' kind as the family has them by default.
  ///
  /// - Throws: ``InterchangeError`` for an option without a counterpart, which it names.
  func architecture(path: String) throws(InterchangeError) -> ModelConfiguration {
    let family = try family(path: path)
    if family.isT5 { return .transformer(try t5(path: path)) }
    return try bart(family, path: path)
  }

  private func required(_ value: Int?, _ name: String, path: String) throws(InterchangeError) -> Int
  {
    if let value, (1...1 << 24).contains(value) { return value }
    throw InterchangeError(
      .malformedFile, path: path, name: name, found: value.map { "\($0)" } ?? "no such key",
      expected: "a count from 1 on", hint: "the file is damaged, or its model is of another kind")
  }

  private func refuse(
    _ value: Bool?, unless expected: Bool, _ name: String, _ family: HuggingFaceFamily, path: String
  ) throws(InterchangeError) {
    guard let value, value != expected else { return }
    throw InterchangeError(
      .unsupported, path: path, name: name, found: "\(value)",
      expected: "\(expected), as in every model of type \(family.rawValue) that transformers reads",
      hint: "the model was made by an older release: load and save it with a present one")
  }

  /// Marian, BART, mBART and Pegasus, which differ in norms and positions.
  private func bart(
    _ family: HuggingFaceFamily, path: String
  ) throws(InterchangeError) -> ModelConfiguration {
    let isPreNorm = family == .mbart || family == .pegasus
    let isLearned = family == .bart || family == .mbart
    try refuse(normalizeBefore, unless: isPreNorm, "normalize_before", family, path: path)
    try refuse(normalizeEmbedding, unless: isLearned, "normalize_embedding", family, path: path)
    try refuse(addFinalLayerNorm, unless: isPreNorm, "add_final_layer_norm", family, path: path)
    try refuse(
      staticPositionEmbeddings, unless: !isLearned, "static_position_embeddings", family,
      path: path)
    if isLearned, let extraPosEmbeddings, extraPosEmbeddings != 2 {
      throw InterchangeError(
        .unsupported, path: path, name: "extra_pos_embeddings", found: "\(extraPosEmbeddings)",
        expected: "2", hint: "load and save the model with a present release of transformers")
    }
    let size = try required(dModel, "d_model", path: path)
    let positions = try required(
      maxPositionEmbeddings ?? 1024, "max_position_embeddings", path: path)
    var halves: [TransformerConfiguration] = []
    for (side, layers, heads, inner) in [
      ("encoder", encoderLayers, encoderAttentionHeads, encoderFfnDim),
      ("decoder", decoderLayers, decoderAttentionHeads, decoderFfnDim),
    ] {
      let layerCount = try required(layers ?? 12, "\(side)_layers", path: path)
      halves.append(
        TransformerConfiguration(
          encoderLayerCount: layerCount, decoderLayerCount: layerCount, embeddingSize: size,
          feedForwardSize: try required(inner ?? 4096, "\(side)_ffn_dim", path: path),
          headCount: try required(heads ?? 16, "\(side)_attention_heads", path: path),
          dropout: dropout ?? 0.1, attentionDropout: attentionDropout ?? 0,
          activationDropout: activationDropout ?? 0,
          positions: isLearned ? .learned : .paperSinusoidal,
          maxPositions: positions + (isLearned ? 2 : 0), norm: isPreNorm ? .pre : .post,
          activation: try activation(
            activationFunction ?? "gelu", "activation_function", path: path),
          tying: shareEncoderDecoderEmbeddings == false ? .target : .all, outputBias: true,
          conventions: TransformerConventions(
            scaledEmbeddings: scaleEmbedding ?? false, embeddingNorm: isLearned,
            positionOffset: isLearned ? 2 : 0)))
    }
    var (encoder, decoder) = (halves[0], halves[1])
    var whole = encoder
    whole.decoderLayerCount = decoder.decoderLayerCount
    // What a half of a mixed model does not have is as its section leaves it.
    (encoder.decoderLayerCount, encoder.outputBias, decoder.encoderLayerCount) = (1, false, 1)
    let isUniform =
      encoder.headCount == decoder.headCount && encoder.feedForwardSize == decoder.feedForwardSize
    return isUniform
      ? .transformer(whole)
      : .mixed(MixedConfiguration(encoder: .transformer(encoder), decoder: .transformer(decoder)))
  }

  private func t5(path: String) throws(InterchangeError) -> TransformerConfiguration {
    let size = try required(dModel, "d_model", path: path)
    let layerCount = try required(numLayers ?? 6, "num_layers", path: path)
    // mT5 has the gated form unless it says otherwise.
    let projection = feedForwardProj ?? (modelType == "mt5" ? "gated-gelu" : "relu")
    let isScaled = scaleDecoderOutputs ?? (tieWordEmbeddings ?? (modelType != "mt5"))
    return TransformerConfiguration(
      encoderLayerCount: layerCount,
      decoderLayerCount: try required(
        numDecoderLayers ?? layerCount, "num_decoder_layers", path: path),
      embeddingSize: size, feedForwardSize: try required(dFf ?? 2048, "d_ff", path: path),
      headCount: try required(numHeads ?? 8, "num_heads", path: path),
      headSize: try required(dKv ?? 64, "d_kv", path: path), dropout: dropoutRate ?? 0.1,
      positions: .t5,
      maxDistance: try required(
        relativeAttentionMaxDistance ?? 128, "relative_attention_max_distance", path: path),
      bucketCount: try required(
        relativeAttentionNumBuckets ?? 32, "relative_attention_num_buckets", path: path),
      norm: .pre, normType: .rms,
      activation: try t5Activation(projection, path: path), tying: .all,
      conventions: TransformerConventions(
        scaledEmbeddings: false, scaledAttention: false, linearBias: false,
        normEpsilon: layerNormEpsilon ?? 1e-6, scaledOutput: isScaled))
  }

  private func t5Activation(
    _ projection: String, path: String
  ) throws(InterchangeError) -> TransformerConfiguration.Activation {
    switch projection {
    case "gated-gelu", "gated-gelu_new": return .gegluTanh
    case "gated-silu", "gated-swish": return .swiglu
    case "relu", "gelu", "gelu_new", "silu", "swish":
      return try activation(projection, "feed_forward_proj", path: path)
    default:
      throw InterchangeError(
        .unsupported, path: path, name: "feed_forward_proj", found: "'\(projection)'",
        expected: "relu, gelu, gelu_new, silu, gated-gelu or gated-silu",
        hint: "other functions have no counterpart here")
    }
  }

  private func activation(
    _ name: String, _ key: String, path: String
  ) throws(InterchangeError) -> TransformerConfiguration.Activation {
    switch name {
    case "relu": return .relu
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
    case "silu", "swish": return .swish
    default:
      throw InterchangeError(
        .unsupported, path: path, name: key, found: "'\(name)'",
        expected: "relu, gelu, gelu_new, silu or swish",
        hint: "other functions have no counterpart here")
    }
  }
}
