import SeqKit

extension ConfigurationSection {
  /// The `conventions` section of a Transformer; what it does not say is as it was known.
  func conventions(or known: TransformerConventions) -> TransformerConventions {
    guard contains("conventions") else { return known }
    return section("conventions") { section in
      TransformerConventions(
        scaledEmbeddings: section.flag("scaled_embeddings", or: known.scaledEmbeddings),
        embeddingNorm: section.flag("embedding_norm", or: known.embeddingNorm),
        scaledAttention: section.flag("scaled_attention", or: known.scaledAttention),
        linearBias: section.flag("linear_bias", or: known.linearBias),
        normEpsilon: section.number("norm_epsilon", or: known.normEpsilon, .positive),
        positionOffset: section.wholeNumber(
          "position_offset", or: known.positionOffset, atLeast: 0),
        scaledOutput: section.flag("scaled_output", or: known.scaledOutput))
    } ?? known
  }
}
