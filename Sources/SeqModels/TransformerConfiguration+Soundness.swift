internal import Foundation

extension TransformerConfiguration {
  /// What stands in the way of a model of these sizes, in words.
  ///
  /// For configurations from outside: the initialiser of ``Transformer`` traps on most of them.
  ///
  /// - Parameters:
  ///   - vocabularies: how many ids each side is to know.
  ///   - bytesPerParameter: the memory that each trained number is going to take.
  /// - Returns: the problems, none when there can be such a model.
  public func problems(vocabularies: VocabularySizes, bytesPerParameter: Int = 4) -> [String] {
    var problems: [String] = []
    let sizes = [
      ("encoder_layer_count", encoderLayerCount), ("decoder_layer_count", decoderLayerCount),
      ("embedding_size", embeddingSize), ("feed_forward_size", feedForwardSize),
      ("head_count", headCount), ("max_positions", maxPositions),
    ]
    for (key, size) in sizes where size < 1 { problems.append("\(key) is \(size), below 1") }
    let shares = [
      ("dropout", dropout), ("attention_dropout", attentionDropout),
      ("activation_dropout", activationDropout),
    ]
    for (key, share) in shares where !(0..<1).contains(share) {
      problems.append("\(key) is \(share), not from 0 up to 1")
    }
    guard problems.isEmpty else { return problems }
    if embeddingSize % headCount != 0 {
      problems.append("head_count \(headCount) does not divide embedding_size \(embeddingSize)")
    }
    if positions == .sinusoidal, embeddingSize % 2 != 0 {
      problems.append("sinusoidal positions need an even embedding_size, not \(embeddingSize)")
    }
    if tying == .all, vocabularies.source != vocabularies.target {
      problems.append(
        "tying all needs equal vocabularies, not \(vocabularies.source) and \(vocabularies.target)")
    }
    let count = parameterCount(vocabularies: vocabularies)
    let needed = count * Double(bytesPerParameter)
    let present = Double(ProcessInfo.processInfo.physicalMemory)
    if needed > present {
      problems.append(
        String(
          format: "%.3g parameters need %.0f GB of memory, and this machine has %.0f: lower the "
            + "sizes of the model or the vocabulary", count, (needed / 1e9).rounded(.up),
          present / 1e9))
    }
    return problems
  }

  /// How many numbers are trained; in floating point, since sizes from outside may be absurd.
  package func parameterCount(vocabularies: VocabularySizes) -> Double {
    let (size, inner) = (Double(embeddingSize), Double(feedForwardSize))
    let norm = 2 * size
    let attention = 4 * (size * size + size)
    let feedForward = 2 * size * inner + inner + size
    let encoder = Double(encoderLayerCount) * (attention + feedForward + 2 * norm)
    let decoder = Double(decoderLayerCount) * (2 * attention + feedForward + 3 * norm)
    let rows =
      switch tying {
      case .all: Double(vocabularies.target)
      case .target: Double(vocabularies.source) + Double(vocabularies.target)
      case .none: Double(vocabularies.source) + 2 * Double(vocabularies.target)
      }
    return encoder + decoder + rows * size + (outputBias ? Double(vocabularies.target) : 0)
      + (self.norm == .pre ? 2 * norm : 0)
      + (positions == .learned ? 2 * Double(maxPositions) * size : 0)
  }
}
