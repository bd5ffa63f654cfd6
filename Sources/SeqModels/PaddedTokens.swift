internal import SeqDecoding
internal import SeqKernels
public import SeqTensors
public import SeqText

/// Token ids filled up to one length, `[batch, length]`: how other libraries hand batches over.
///
/// Padding stands at the end of a sequence; which ids fill it has no effect.
public struct PaddedTokens: Hashable, Sendable {
  /// Row after row, padding included.
  public let ids: [Int32]
  /// For each sequence how many of its ids are no padding.
  public let lengths: [Int]
  /// The length that all are filled up to.
  public let length: Int

  /// Ids with the number of those that count in each row.
  ///
  /// - Precondition: `lengths.count · length` ids, no length above `length`.
  public init(_ ids: [Int32], length: Int, lengths: [Int]) {
    require(
      ids.count == length * lengths.count && lengths.allSatisfy { 0...length ~= $0 },
      "padded tokens: \(ids.count) ids, length \(length), lengths \(lengths)")
    self.ids = ids
    self.length = length
    self.lengths = lengths
  }

  /// Ids with a padding mask of their shape, true where there is padding.
  ///
  /// - Precondition: As many ids as the mask has elements.
  /// - Throws: ``MaskError`` when padding stands anywhere but at the end.
  public init(_ ids: [Int32], padding: BooleanTensor) throws(MaskError) {
    let lengths = try padding.lengths()
    self.init(ids, length: padding.shape[1], lengths: lengths)
  }

  /// Sequences filled up with a token, by default to the length of the longest.
  ///
  /// - Precondition: No sequence is longer than the length.
  public init(
    _ sequences: [[Int32]], padToken: Int32 = SpecialTokens.standard.padding, to length: Int? = nil
  ) {
    let length = length ?? sequences.map(\.count).max() ?? 0
    self.init(
      sequences.flatMap { $0 + Array(repeating: padToken, count: max(0, length - $0.count)) },
      length: length, lengths: sequences.map(\.count))
  }

  /// The padding mask `[batch, length]`, true where there is padding.
  public var padding: BooleanTensor { .padding(lengths: lengths, to: length) }

  /// The sequences without their padding.
  public var sequences: [[Int32]] {
    lengths.indices.map { Array(ids[$0 * length..<$0 * length + lengths[$0]]) }
  }
}

extension EncoderDecoder {
  /// The log-probability of every token of the vocabulary after every decoder input,
  /// `[batch, length, vocabulary]`: padded ids in, padded numbers out, ragged inside.
  ///
  /// `inputs` is what the decoder reads, BOS first. Rows of padding hold zeros. Neither the padding
  /// token nor the amount of padding changes any other row.
  ///
  /// - Precondition: A context in inference mode; as many inputs as sources.
  public func logProbabilities(
    sources: PaddedTokens, inputs: PaddedTokens, in context: Context
  ) -> Tensor {
    require(
      !context.isTraining, "log-probabilities: the context is in training mode, not in inference")
    require(
      sources.lengths.count == inputs.lengths.count,
      "log-probabilities: \(sources.lengths.count) sources, \(inputs.lengths.count) inputs")
    let batch = TokenBatch(sources: sources.sequences, inputs: inputs.sequences)
    let logits = logits(states(of: batch, in: context))
    let columns = logits.shape.columns
    let values = [Float](unsafeUninitializedCapacity: logits.shape.count) { values, count in
      count = logits.shape.count
      guard let start = values.baseAddress else { return }
      for row in 0..<logits.shape.rows {
        Kernels.logSoftmax(
          logits.pointer + row * columns, into: start + row * columns, columns: columns)
      }
    }
    return context.tensor(values, shape: logits.shape, sequences: batch.targets)
      .padded(to: inputs.length)
  }
}
