import SeqInspection
import Testing

/// What can be wrong with a padded Transformer, and what the doctor must say of it.
enum Fault: String, CaseIterable, CustomTestStringConvertible {
  case causalMaskShifted, causalMaskDropped, causalMaskTooSmall
  case memoryMaskDropped, memoryMaskInverted
  case sourceMaskDropped, encoderCausal, paddingCounted, paddingCountedToTheLongest, paddedMean
  case labelsUnshifted, labelsShiftedByTwo, endDropped, infiniteRow, infiniteRowInBFloat16
  case staleCache, pageLost, stepPosition, maskedAfterSoftmax, positionsFromTheEnd, batchStatistics

  var testDescription: String { rawValue }

  /// The rule that it breaks, a layer that a finding names, and words of a finding.
  var expected: (rule: MaskRule, layer: String?, words: String) {
    switch self {
    case .causalMaskShifted: (.future, "decoder.layers.0", "shifted by one")
    case .causalMaskDropped: (.future, "decoder.layers.1", "causal mask")
    // Short sentences do not show it.
    case .causalMaskTooSmall: (.future, "decoder.layers.0", "causal mask")
    case .memoryMaskDropped: (.memoryPadding, "decoder.layers.1.cross_attention", "memory mask")
    case .memoryMaskInverted: (.memoryPadding, "decoder.layers.0.cross_attention", "inverted")
    case .sourceMaskDropped: (.paddingToken, "encoder.layers.0", "padding mask")
    case .encoderCausal: (.bothWays, "encoder.layers.1.self_attention", "later")
    case .paddingCounted: (.paddingLabels, "loss", "padding after EOS is counted")
    // More padding is cut off before it can do anything: that of shorter sentences is not.
    case .paddingCountedToTheLongest: (.paddingLabels, "loss", "neither the sum")
    case .paddedMean: (.paddingLabels, "loss", "divided by all positions")
    case .labelsUnshifted: (.shift, "loss", "not shifted")
    case .labelsShiftedByTwo: (.shift, "loss", "shifted by two")
    case .endDropped: (.shift, "loss", "EOS label is dropped")
    case .infiniteRow: (.maskedRow, "decoder.layers.1", "float32")
    case .infiniteRowInBFloat16: (.maskedRow, "decoder.layers.1", "bfloat16")
    case .staleCache, .pageLost, .stepPosition: (.cachedStep, nil, "wrong from here")
    case .maskedAfterSoftmax:
      (.attentionSum, "decoder.layers.1.cross_attention", "masked after softmax")
    case .positionsFromTheEnd: (.batch, "encoder.layers.0", "positions counted from the padded end")
    case .batchStatistics: (.batch, "encoder.layers.0", "over the batch")
    }
  }

  /// The position that the finding must name; nil for any.
  var position: Int? {
    switch self {
    // The first input is fed at position 0 and right; from the second on something is wrong.
    case .stepPosition: 1
    case .staleCache: 2
    // The first page is full.
    case .pageLost: 16
    default: nil
    }
  }

  /// The rules that may fail beside, because what is wrong shows there too.
  var besides: Set<MaskRule> {
    switch self {
    case .causalMaskShifted, .causalMaskDropped, .causalMaskTooSmall: [.attentionSum, .cachedStep]
    case .memoryMaskDropped: [.paddingToken, .batch, .attentionSum, .cachedStep]
    case .memoryMaskInverted: [.paddingToken, .batch, .attentionSum, .cachedStep]
    case .sourceMaskDropped: [.batch, .attentionSum]
    case .maskedAfterSoftmax: [.paddingToken, .batch, .memoryPadding]
    case .positionsFromTheEnd: [.cachedStep]
    case .batchStatistics: [.paddingToken]
    default: []
    }
  }
}
