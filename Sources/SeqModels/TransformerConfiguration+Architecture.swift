extension TransformerConfiguration {
  /// The keys in which two models differ that cannot have the same parameters, or not with the same
  /// meaning; rates of dropout and initial values are not among them.
  func architectureDifferences(from other: TransformerConfiguration)
    -> [(key: String, own: String, other: String)]
  {
    let values: [(String, (TransformerConfiguration) -> String)] = [
      ("encoder_layer_count", { "\($0.encoderLayerCount)" }),
      ("decoder_layer_count", { "\($0.decoderLayerCount)" }),
      ("embedding_size", { "\($0.embeddingSize)" }),
      ("feed_forward_size", { "\($0.feedForwardSize)" }),
      ("head_count", { "\($0.headCount)" }),
      ("head_size", { "\($0.columnsPerHead)" }),
      ("positions", { $0.positions.rawValue }),
      // Other positions have no table, or no buckets.
      ("max_positions", { $0.positions == .learned ? "\($0.maxPositions)" : "" }),
      ("max_distance", { $0.positions.hasDistances ? "\($0.distanceLimit)" : "" }),
      ("bucket_count", { $0.positions == .t5 ? "\($0.bucketLimit)" : "" }),
      ("attention_window", { $0.attentionWindow.map { "\($0)" } ?? "" }),
      ("global_token_count", { $0.window.map { "\($0.globalCount)" } ?? "" }),
      ("latent_count", { $0.latentCount.map { "\($0)" } ?? "" }),
      ("latent_read_every", { $0.latentCount == nil ? "" : "\($0.readInterval)" }),
      ("document_layer_count", { $0.documentLayerCount.map { "\($0)" } ?? "" }),
      ("memory_compression", { $0.memoryCompression.map { "\($0)" } ?? "" }),
      ("norm", { $0.norm.rawValue }),
      ("norm_type", { $0.normType.rawValue }),
      ("activation", { $0.activation.rawValue }),
      ("tying", { $0.tying.rawValue }),
      ("output_bias", { "\($0.outputBias)" }),
    ]
    let differences = values.compactMap { key, value in
      value(self) == value(other) ? nil : (key, value(self), value(other))
    }
    return differences + copying.architectureDifferences(from: other.copying)
      + conventions.architectureDifferences(from: other.conventions)
  }
}
