extension RecurrentConfiguration {
  /// The keys in which two models differ that cannot have the same parameters, or not with the same
  /// meaning; rates of dropout and initial values are not among them.
  func architectureDifferences(from other: RecurrentConfiguration)
    -> [(key: String, own: String, other: String)]
  {
    let values: [(String, (RecurrentConfiguration) -> String)] = [
      ("cell", { $0.cell.rawValue }),
      ("encoder_layer_count", { "\($0.encoderLayerCount)" }),
      ("decoder_layer_count", { "\($0.decoderLayerCount)" }),
      ("embedding_size", { "\($0.embeddingSize)" }),
      ("hidden_size", { "\($0.hiddenSize)" }),
      ("direction", { $0.direction.rawValue }),
      ("attention", { $0.attention == nil ? "none" : "a section" }),
      ("attention.score", { $0.attention?.score.rawValue ?? "" }),
      ("attention.size", { "\($0.attention?.size ?? $0.hiddenSize)" }),
      ("attention.head_count", { $0.attention.map { "\($0.headCount)" } ?? "" }),
      ("attention.placement", { $0.attention?.placement.rawValue ?? "" }),
      ("attention.input_feeding", { $0.attention.map { "\($0.inputFeeding)" } ?? "" }),
      ("context_use", { $0.attention == nil ? $0.contextUse.rawValue : "" }),
      ("bridge", { $0.bridge.rawValue }),
      ("tying", { $0.tying.rawValue }),
      ("output_bias", { "\($0.outputBias)" }),
    ]
    let differences = values.compactMap { key, value in
      value(self) == value(other) ? nil : (key, value(self), value(other))
    }
    return differences + copying.architectureDifferences(from: other.copying)
  }
}
