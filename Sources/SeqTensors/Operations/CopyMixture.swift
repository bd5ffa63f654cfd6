internal import SeqKernels

/// Where words come from that are not generated: the tokens of the source, by their weights.
///
/// A word has the probability `g·p + (1 − g)·Σ weights of the source tokens that it is`, p being the
/// generator's and `g = σ(gate)`. Ids from the vocabulary's size on are words that the source has and
/// the vocabulary lacks: they are copied or never come.
///
/// - SeeAlso: See, Liu, Manning 2017, arXiv:1704.04368, equation 9.
public struct CopyMixture {
  /// How far the generator is trusted at each row, a logit: `[rows, 1]`.
  public let gate: Tensor
  /// What each row gives to the tokens of its source.
  public let weights: SourceWeights
  /// The words that the tokens of all sources are, end to end.
  public let sourceIDs: [Int32]

  /// A mixture.
  ///
  /// - Precondition: A gate for each query, and an id for each key.
  public init(gate: Tensor, weights: SourceWeights, sourceIDs: [Int32]) {
    require(
      gate.shape == [weights.queries.tokenCount, 1]
        && sourceIDs.count == weights.keys.tokenCount,
      "copying: gates \(gate.shape) and \(sourceIDs.count) ids, weights of "
        + "\(weights.queries.tokenCount) queries and \(weights.keys.tokenCount) keys")
    self.gate = gate
    self.weights = weights
    self.sourceIDs = sourceIDs
  }

  /// Ids that rows can have: those of the vocabulary, and those of the sources beyond it.
  func wordCount(vocabulary: Int) -> Int {
    max(vocabulary, Int(sourceIDs.max() ?? 0) + 1)
  }

  /// Where one row's weights and the ids of its source begin, and how many there are.
  fileprivate struct Place {
    let weights: Int
    let ids: Int
    let count: Int
  }

  fileprivate var places: [Place] {
    let (queries, keys) = (weights.queries, weights.keys)
    var places: [Place] = []
    places.reserveCapacity(queries.tokenCount)
    SourceWeights.forEachSequence(queries: queries, keys: keys) { sequence, start in
      let count = keys.lengths[sequence]
      for query in 0..<queries.lengths[sequence] {
        places.append(
          Place(weights: start + query * count, ids: keys.offsets[sequence], count: count))
      }
    }
    return places
  }

  /// Calls `body` with some rows, counted from the first of them, and where their weights begin.
  fileprivate func forEach(
    _ places: ArraySlice<Place>, vocabulary: Int, _ body: (Int, CopyRow, _ start: Int) -> Void
  ) {
    // Sources without tokens have no ids to point to, and none is read.
    let ids = sourceIDs.isEmpty ? [0] : sourceIDs
    ids.withUnsafeBufferPointer { ids in
      guard let ids = ids.baseAddress else { return }
      for (row, place) in zip(places.indices, places) {
        body(
          row - places.startIndex,
          CopyRow(
            vocabulary: vocabulary, gate: gate.pointer[row],
            weights: weights.tensor.pointer + place.weights, ids: ids + place.ids,
            count: place.count),
          place.weights)
      }
    }
  }

  /// The rows' own cross-entropy in the place of the vocabulary's.
  struct Loss {
    let gateGradient: Storage
    let weightsGradient: Storage
    private let mixture: CopyMixture
    private let vocabulary: Int
    private let masses: Storage
    private let places: [Place]

    init(_ mixture: CopyMixture, vocabulary: Int, in context: Context) {
      self.mixture = mixture
      self.vocabulary = vocabulary
      gateGradient = context.allocate(mixture.gate.shape)
      weightsGradient = context.allocate(mixture.weights.tensor.shape)
      let count = mixture.wordCount(vocabulary: vocabulary)
      masses = context.allocate(count: count)
      Kernels.fill(masses.pointer, count: count, value: 0)
      places = mixture.places
    }

    /// As ``Kernels/crossEntropy(_:labels:rows:columns:smoothing:gradientScale:)``, of rows from
    /// `first` on.
    func sums(
      _ logits: UnsafeMutablePointer<Float>, from first: Int, labels: UnsafePointer<Int32>,
      rows count: Int, smoothing: Float, gradientScale: Float?
    ) -> LossSums {
      var sums = LossSums()
      mixture.forEach(places[first..<first + count], vocabulary: vocabulary) { row, copy, start in
        sums += Kernels.copyCrossEntropy(
          logits + row * vocabulary, copy, label: labels[row], smoothing: smoothing,
          masses: masses.pointer, gradientScale: gradientScale,
          gateGradient: gateGradient.pointer + first + row,
          weightsGradient: weightsGradient.pointer + start)
      }
      return sums
    }
  }
}

extension Tensor {
  /// The logarithms of the probabilities of words that are generated, `self` being the generator's
  /// logits, or copied.
  ///
  /// - Shapes: `[rows, vocabulary]` to `[rows, words]`, of which there are as many as the largest id
  ///   asks for; a word that cannot come has −∞.
  public func copyLogProbabilities(_ mixture: CopyMixture) -> Tensor {
    let vocabulary = columns
    let words = mixture.wordCount(vocabulary: vocabulary)
    require(
      rows == mixture.gate.rows, "copying: \(shape), gates \(mixture.gate.shape)")
    let result: Shape = [rows, words]
    let storage = context.allocate(result)
    let rowPlaces = mixture.places[...]
    mixture.forEach(rowPlaces, vocabulary: vocabulary) { row, copy, _ in
      Kernels.copyLogProbabilities(
        pointer + row * vocabulary, copy, into: storage.pointer + row * words, columns: words)
    }
    let places = (place, mixture.gate.place, mixture.weights.tensor.place)
    return context.record(
      "copying", storage, shape: result, sequences: sequences,
      inputs: [self, mixture.gate, mixture.weights.tensor]
    ) { flow, dy in
      let slices = [self, mixture.gate].map { $0.slice(0, size: $0.columns) }
      let weights = flow.context.allocate(places.2.shape)
      Kernels.fill(weights.pointer, count: places.2.shape.count, value: 0)
      flow.withGradients(of: slices) { gradients in
        mixture.forEach(rowPlaces, vocabulary: vocabulary) { row, copy, start in
          Kernels.copyLogProbabilitiesBackward(
            pointer + row * vocabulary, copy, y: storage.pointer + row * words,
            dy: dy.pointer + row * words, columns: words,
            logitsGradient: gradients[0] + row * vocabulary, gateGradient: gradients[1] + row,
            weightsGradient: weights.pointer + start)
        }
      }
      flow.pass(weights, to: places.2)
    }
  }
}
