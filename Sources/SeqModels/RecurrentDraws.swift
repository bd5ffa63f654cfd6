internal import SeqKernels
internal import SeqTensors

/// The draws of every dropout in one pass of a recurrent decoder.
///
/// A pass that goes position by position drops what a pass over all positions at once drops: draws
/// are keyed by the rows' ids, or with variational dropout by the ids of their sentences.
struct RecurrentDraws {
  /// Where elements are dropped.
  enum Place {
    case embedding
    /// Between a layer and the one before it; layers count from 0.
    case between(Int)
    case output
  }

  /// For every layer the factors of its recurrent states, `[sentences, hiddenSize]`, if it has any.
  let stateMasks: [Tensor?]
  private let embedding: DropoutDraws
  private let between: [DropoutDraws]
  private let output: DropoutDraws
  /// The ids of the sentences, where all positions drop the same.
  private let sentenceIDs: [UInt32]?

  init(_ configuration: RecurrentConfiguration, _ targets: Sequences, in context: Context) {
    let (rate, isVariational) = (configuration.dropout, configuration.variationalDropout)
    embedding = context.nextDropout(rate: rate)
    between = (1..<max(configuration.decoderLayerCount, 1)).map { _ in
      context.nextDropout(rate: rate)
    }
    output = context.nextDropout(rate: rate)
    stateMasks = (0..<configuration.decoderLayerCount).map { _ in
      isVariational
        ? context.sequenceDropoutMask(
          rate, sequences: targets, columns: configuration.hiddenSize) : nil
    }
    sentenceIDs =
      isVariational && output.dropsElements
      ? targets.lengths.indices.map { targets.firstRowID($0) } : nil
  }

  /// Drops elements of rows that belong to these sentences; `rowIDs` are by default those of the
  /// rows' sequences.
  func drop(_ x: Tensor, _ place: Place, _ sentences: [Int], rowIDs: [UInt32]? = nil) -> Tensor {
    let draws =
      switch place {
      case .embedding: embedding
      case .between(let layer): between[layer - 1]
      case .output: output
      }
    guard draws.dropsElements else { return x }
    return x.dropout(draws, rowIDs: sentenceIDs.map { ids in sentences.map { ids[$0] } } ?? rowIDs)
  }
}

extension Sequences {
  /// For every row its sequence.
  var rowSentences: [Int] {
    var sentences: [Int] = []
    sentences.reserveCapacity(tokenCount)
    for (sentence, length) in lengths.enumerated() {
      sentences += repeatElement(sentence, count: length)
    }
    return sentences
  }
}
