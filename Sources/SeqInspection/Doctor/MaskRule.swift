/// The ten rules that masks, shifts and caches of a sequence-to-sequence model obey.
public enum MaskRule: Int, Codable, Hashable, Sendable, CaseIterable {
  /// 1: the token that fills padding has no effect.
  case paddingToken = 1
  /// 2: neither the amount of padding nor the rest of the batch has one.
  case batch
  /// 3: a target position is computed from those before it and itself.
  case future
  /// 4: a source position is computed from all of the source.
  case bothWays
  /// 5: what the decoder looks at in the memory is no padding.
  case memoryPadding
  /// 6: padding is not learned.
  case paddingLabels
  /// 7: position t learns to say token t + 1, the last one EOS.
  case shift
  /// 8: nothing to attend to is not a division by zero.
  case maskedRow
  /// 9: attention is a distribution over what may be attended to.
  case attentionSum
  /// 10: decoding step by step computes the same function.
  case cachedStep

  /// The rule in a line.
  public var title: String {
    switch self {
    case .paddingToken: "changing a padding token changes nothing"
    case .batch: "more padding, another batch, another order change nothing"
    case .future: "target position t never sees t+1 and later"
    case .bothWays: "the encoder sees both ways"
    case .memoryPadding: "cross-attention ignores padding of the source"
    case .paddingLabels: "padding adds nothing to the loss or its gradient"
    case .shift: "input and labels are shifted by one, and EOS is learned"
    case .maskedRow: "a row with everything masked gives finite numbers"
    case .attentionSum: "attention sums to one over allowed keys, to zero over none"
    case .cachedStep: "cached decoding equals the full forward pass"
    }
  }

  /// Whether it may be broken in long sentences, or in rounded numbers, where it holds of a few tokens
  /// in float32.
  var isExaminedFurther: Bool {
    switch self {
    case .paddingToken, .batch, .future, .attentionSum, .cachedStep: true
    case .bothWays, .memoryPadding, .paddingLabels, .shift, .maskedRow: false
    }
  }
}
