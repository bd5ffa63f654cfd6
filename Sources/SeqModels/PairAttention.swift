public import SeqTensors

/// What a model attended to in one sentence pair, layer by layer.
///
/// Rows are queries. Target positions are those of the decoder's input, BOS and the target: at row
/// t the decoder has read the target before t and is about to write its token t, or EOS.
public struct PairAttention: Hashable, Sendable {
  /// Source tokens to source tokens, a map for every encoder layer; latents to latents in an encoder
  /// that has these in the tokens' place.
  public var encoder: [AttentionMap]
  /// Latents to source tokens, a map for each time they read; none without latents.
  public var reads: [AttentionMap]
  /// Paragraphs of the source to its tokens, each to its own, of an encoder with document layers.
  public var pooling: AttentionMap?
  /// Paragraphs of the source to one another, a map for every document layer.
  public var document: [AttentionMap]
  /// Target positions to themselves and the earlier ones, a map for every decoder layer.
  public var decoder: [AttentionMap]
  /// Target positions to the rows of the memory, a map for every decoder layer; these are source tokens
  /// where ``ModelConfiguration/memoryRows`` does not say otherwise.
  public var cross: [AttentionMap]
  /// Target positions to the paragraphs of the source, a map for every decoder layer; none where the
  /// encoder knows no paragraphs, and in a recurrent decoder, which attends to tokens alone.
  public var paragraphs: [AttentionMap]
  /// Target positions to the source tokens that are copied, of a model that copies.
  public var pointer: AttentionMap?

  /// The decoder layer, from 0, whose cross-attention says most about which words belong together.
  ///
  /// It is the last but one, which in Transformers aligns best (Garg et al. 2019, arXiv:1909.02074,
  /// §4); the only one of a single layer.
  public static func alignmentLayer(of layerCount: Int) -> Int { max(0, layerCount - 2) }

  /// The maps of one pair.
  public init(
    encoder: [AttentionMap], reads: [AttentionMap] = [], pooling: AttentionMap? = nil,
    document: [AttentionMap] = [], decoder: [AttentionMap], cross: [AttentionMap],
    paragraphs: [AttentionMap] = [], pointer: AttentionMap? = nil
  ) {
    self.encoder = encoder
    self.reads = reads
    self.pooling = pooling
    self.document = document
    self.decoder = decoder
    self.cross = cross
    self.paragraphs = paragraphs
    self.pointer = pointer
  }
}
