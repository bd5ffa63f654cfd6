public import SeqTensors

/// What a model attended to in one sentence pair, layer by layer.
///
/// Rows are queries. Target positions are those of the decoder's input, BOS and the target: at row
/// t the decoder has read the target before t and is about to write its token t, or EOS.
public struct PairAttention: Hashable, Sendable {
  /// Source tokens to source tokens, a map for every encoder layer.
  public var encoder: [AttentionMap]
  /// Target positions to themselves and the earlier ones, a map for every decoder layer.
  public var decoder: [AttentionMap]
  /// Target positions to source tokens, a map for every decoder layer.
  public var cross: [AttentionMap]

  /// The maps of one pair.
  public init(encoder: [AttentionMap], decoder: [AttentionMap], cross: [AttentionMap]) {
    self.encoder = encoder
    self.decoder = decoder
    self.cross = cross
  }
}

extension Transformer {
  /// What every layer attends to under teacher forcing, a value for each pair of the batch.
  public func attention(of batch: TokenBatch, in context: Context) -> [PairAttention] {
    let (memory, encoder) = context.capturingAttention {
      encode(batch.sourceIDs, batch.sources, in: context)
    }
    let (_, decoder) = context.capturingAttention {
      decode(batch.inputIDs, batch.targets, memory: memory)
    }
    // A decoder layer attends to itself first, then to the memory.
    return (0..<batch.sources.count).map { pair in
      PairAttention(
        encoder: encoder.map { $0[pair] },
        decoder: stride(from: 0, to: decoder.count, by: 2).map { decoder[$0][pair] },
        cross: stride(from: 1, to: decoder.count, by: 2).map { decoder[$0][pair] })
    }
  }
}
