internal import Foundation
internal import SeqModels

/// `config.json` and `generation_config.json` as transformers reads them, made of a model of this
/// toolkit.
struct HuggingFaceSettings {
  let family: HuggingFaceFamily
  let configuration: ModelConfiguration
  let vocabularies: VocabularySizes
  let generation: GenerationSettings?
  /// What `torch_dtype` says.
  let elementType: String

  /// The contents of `config.json`.
  ///
  /// - Precondition: The family has no obstacles to the configuration.
  var model: [String: any Sendable] {
    guard let (encoder, decoder) = configuration.transformerHalves else { return [:] }
    var settings: [String: any Sendable] = [
      "architectures": [family.architecture], "model_type": family.rawValue,
      "is_encoder_decoder": true, "vocab_size": vocabularies.source,
      "tie_word_embeddings": configuration.tying.sharesProjection, "torch_dtype": elementType,
      "transformers_version": "4.40.0",
    ]
    settings.merge(specialIDs) { $1 }
    settings.merge(family.isT5 ? t5(encoder, decoder) : bart(encoder, decoder)) { $1 }
    return settings
  }

  /// The contents of `generation_config.json`.
  var search: [String: any Sendable] {
    var settings = specialIDs
    settings["transformers_version"] = "4.40.0"
    let phrases = (generation?.forbiddenPhrases ?? []) + unpredicted
    if !phrases.isEmpty { settings["bad_words_ids"] = phrases.map { $0.map(Int.init) } }
    settings["max_length"] =
      (generation?.maximumLength ?? 254) + (generation?.lastToken == nil ? 1 : 2)
    settings["num_beams"] = generation?.beamSize ?? 5
    if let length = generation?.minimumLength { settings["min_length"] = length + 1 }
    if let penalty = generation?.lengthPenalty { settings["length_penalty"] = penalty }
    if let stopsEarly = generation?.stopsEarly { settings["early_stopping"] = stopsEarly }
    if let size = generation?.noRepeatNGram { settings["no_repeat_ngram_size"] = size }
    if let penalty = generation?.repetitionPenalty { settings["repetition_penalty"] = penalty }
    if let token = generation?.firstToken { settings["forced_bos_token_id"] = Int(token) }
    if let token = generation?.lastToken { settings["forced_eos_token_id"] = Int(token) }
    return settings
  }

  private var specialIDs: [String: any Sendable] {
    let special = vocabularies.specialTokens
    return [
      "pad_token_id": Int(special.padding), "eos_token_id": Int(special.end),
      "bos_token_id": Int(special.beginning), "decoder_start_token_id": Int(special.beginning),
    ]
  }

  /// What never comes here, where the model's makers did not say it.
  private var unpredicted: [[Int32]] {
    let known = Set((generation?.forbiddenPhrases ?? []).filter { $0.count == 1 }.joined())
    return vocabularies.unpredictedTokens.filter { !known.contains($0) }.map { [$0] }
  }

  private func bart(
    _ encoder: TransformerConfiguration, _ decoder: TransformerConfiguration
  ) -> [String: any Sendable] {
    [
      "d_model": encoder.embeddingSize, "encoder_layers": encoder.encoderLayerCount,
      "decoder_layers": decoder.decoderLayerCount, "encoder_attention_heads": encoder.headCount,
      "decoder_attention_heads": decoder.headCount, "encoder_ffn_dim": encoder.feedForwardSize,
      "decoder_ffn_dim": decoder.feedForwardSize, "dropout": encoder.dropout,
      "attention_dropout": encoder.attentionDropout,
      "activation_dropout": encoder.activationDropout,
      "activation_function": encoder.huggingFaceActivation ?? "relu",
      "scale_embedding": encoder.conventions.scaledEmbeddings,
      "max_position_embeddings": HuggingFaceSettings.positionCount(encoder),
      "share_encoder_decoder_embeddings": configuration.tying.sharesEmbeddings,
      "decoder_vocab_size": vocabularies.target,
      // What transformers takes for granted by now, and other programs still ask for.
      "normalize_before": encoder.norm == .pre, "add_final_layer_norm": encoder.norm == .pre,
      "normalize_embedding": encoder.conventions.embeddingNorm,
      "static_position_embeddings": !encoder.conventions.embeddingNorm,
    ]
  }

  private func t5(
    _ encoder: TransformerConfiguration, _ decoder: TransformerConfiguration
  ) -> [String: any Sendable] {
    [
      "d_model": encoder.embeddingSize, "d_kv": encoder.columnsPerHead,
      "d_ff": encoder.feedForwardSize, "num_layers": encoder.encoderLayerCount,
      "num_decoder_layers": decoder.decoderLayerCount, "num_heads": encoder.headCount,
      "relative_attention_num_buckets": encoder.bucketLimit,
      "relative_attention_max_distance": encoder.distanceLimit, "dropout_rate": encoder.dropout,
      "layer_norm_epsilon": encoder.conventions.normEpsilon,
      "feed_forward_proj": encoder.t5Projection ?? "relu",
      "scale_decoder_outputs": encoder.conventions.scaledOutput,
    ]
  }

  /// Rows that a table of sines and cosines is written with: as many as most models have.
  static let sinusoidCount = 1024

  /// Positions that a model has a table for.
  static func positionCount(_ half: TransformerConfiguration) -> Int {
    half.positions == .learned
      ? half.maxPositions - half.conventions.positionOffset : sinusoidCount
  }

  /// The text of a file of settings.
  static func text(_ settings: [String: any Sendable]) throws -> [UInt8] {
    Array(
      try JSONSerialization.data(
        withJSONObject: settings, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]))
      + [0x0A]
  }
}
