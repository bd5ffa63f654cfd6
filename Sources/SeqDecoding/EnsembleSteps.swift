internal import SeqKernels

/// Several models with one vocabulary as a search sees one: every step asks all of them and combines
/// what they say.
///
///     let steps = EnsembleSteps([transformer.steps(in: context), recurrent.steps(in: context)])
///     let results = try search(requests, with: steps, progress: nil)
///
/// The models keep their own states, of whatever type. Each gives the whole distribution of every
/// row: the cost of a step is that of all models and a pass over the vocabulary for each.
public struct EnsembleSteps: StepModel {
  /// How several distributions become one.
  public enum Combination: String, CaseIterable, Codable, Hashable, Sendable {
    /// The logarithm of the weighted mean of the probabilities.
    case linear
    /// The weighted mean of the log-probabilities, as Marian's ensembles.
    ///
    /// It is not renormalised: its exponentials sum to less than 1 where the models disagree.
    case logLinear = "log_linear"
  }

  /// What each model remembers, in their order.
  public struct State {
    fileprivate var members: [any EnsembleMember]
    /// Ids that all have scores for.
    fileprivate let wordCount: Int
  }

  /// How the distributions are combined.
  public let combination: Combination
  /// A weight for each model; they sum to 1.
  public let weights: [Double]
  /// The vocabulary that all have.
  public let vocabularySize: Int
  /// BOS of all.
  public let beginToken: Int32
  /// EOS of all.
  public let endToken: Int32
  /// What never comes out of one of the models never comes out of the ensemble.
  public let excludedTokens: [Int32]
  /// The smallest limit of the models.
  public let stepLimit: Int?
  /// Whether all models can say what they attended to.
  public let givesAttention: Bool
  private let starts: [(_ sources: [[Int32]]) throws -> any EnsembleMember]

  /// An ensemble; without weights all models count alike.
  ///
  /// - Precondition: At least one model; as many weights as models or none, finite and above 0;
  ///   vocabulary size, BOS and EOS of the models are the same.
  public init(
    _ models: [any StepModel], combination: Combination = .linear, weights: [Double] = []
  ) {
    require(!models.isEmpty, "ensemble: no models")
    require(
      weights.isEmpty || weights.count == models.count,
      "ensemble: \(models.count) models and \(weights.count) weights, not as many")
    require(
      weights.allSatisfy { $0 > 0 && $0.isFinite },
      "ensemble: weights \(weights), not all finite and above 0")
    let first = models[0]
    for model in models {
      require(
        (model.vocabularySize, model.beginToken, model.endToken)
          == (first.vocabularySize, first.beginToken, first.endToken),
        "ensemble: vocabularies of \(first.vocabularySize) and \(model.vocabularySize), BOS "
          + "\(first.beginToken) and \(model.beginToken), EOS \(first.endToken) and "
          + "\(model.endToken), not the same")
    }
    self.combination = combination
    let all = weights.isEmpty ? models.map { _ in 1.0 } : weights
    let total = all.reduce(0, +)
    self.weights = all.map { $0 / total }
    vocabularySize = first.vocabularySize
    beginToken = first.beginToken
    endToken = first.endToken
    excludedTokens = Array(Set(models.flatMap(\.excludedTokens))).sorted()
    stepLimit = models.compactMap(\.stepLimit).min()
    givesAttention = models.allSatisfy(\.givesAttention)
    starts = models.map { Self.start($0) }
  }

  private static func start(
    _ model: some StepModel
  ) -> (_ sources: [[Int32]]) throws -> any EnsembleMember {
    { RunningMember(model: model, state: try model.start(sources: $0)) }
  }

  /// Encodes the sources by every model.
  public func start(sources: [[Int32]]) throws -> State {
    let members = try starts.map { try $0(sources) }
    let counts = Set(members.map(\.wordCount))
    require(
      counts.count == 1,
      "ensemble: models that copy words and models that do not, of these sources \(counts) words")
    return State(members: members, wordCount: counts.first ?? vocabularySize)
  }

  /// That of all members.
  public func wordCount(of state: State) -> Int { state.wordCount }

  /// Feeds every model one token a row and ranks the combined distributions.
  public func step(
    _ tokens: [Int32], state: inout State, _ request: StepRequest
  ) throws -> BestScores {
    let (count, wholeRows) = (request.best, request.wholeRows)
    let wordCount = state.wordCount
    let asked = StepRequest(wholeRows: Array(tokens.indices), attention: request.attention)
    var distributions: [[Float]] = []
    var attentions: [[[Float]]] = []
    for member in state.members.indices {
      let scores = try state.members[member].step(tokens, asked)
      distributions.append(scores.wholeRows)
      attentions.append(scores.attention)
    }
    let combined = combine(distributions, rowCount: tokens.count, wordCount: wordCount)
    var best = [Int32](repeating: 0, count: tokens.count * count)
    var values = [Float](repeating: 0, count: tokens.count * count)
    combined.withUnsafeBufferPointer { combined in
      best.withUnsafeMutableBufferPointer { best in
        values.withUnsafeMutableBufferPointer { values in
          guard let combined = combined.baseAddress, let best = best.baseAddress,
            let values = values.baseAddress
          else { return }
          for row in tokens.indices {
            Kernels.largest(
              combined + row * wordCount, columns: wordCount, count: count,
              tokens: best + row * count, values: values + row * count)
          }
        }
      }
    }
    let areAllWanted = wholeRows.count == tokens.count
    return BestScores(
      countPerRow: count, tokens: best, logProbabilities: values,
      wholeRows: areAllWanted
        ? combined
        : wholeRows.flatMap { combined[$0 * wordCount..<($0 + 1) * wordCount] },
      vocabularySize: wordCount,
      attention: request.attention ? meanAttention(attentions, rowCount: tokens.count) : [])
  }

  /// The weighted mean over the models, token by token.
  private func meanAttention(_ attentions: [[[Float]]], rowCount: Int) -> [[Float]] {
    (0..<rowCount).map { row in
      attentions[0][row].indices.map { token in
        zip(attentions, weights).reduce(0) { $0 + $1.0[row][token] * Float($1.1) }
      }
    }
  }

  /// `[rows, words]` of every model become one.
  private func combine(_ distributions: [[Float]], rowCount: Int, wordCount: Int) -> [Float] {
    let size = rowCount * wordCount
    for (member, values) in distributions.enumerated() {
      require(
        values.count == size,
        "ensemble: [\(rowCount), \(wordCount)] log-probabilities asked for, [\(values.count)] "
          + "came back from model \(member)")
    }
    let weights = weights.map { Float($0) }
    return [Float](unsafeUninitializedCapacity: size) { combined, count in
      count = size
      guard let combined = combined.baseAddress else { return }
      switch combination {
      case .linear:
        Self.withPointers(to: distributions) {
          Kernels.logMixture($0, weights: weights, into: combined, columns: size)
        }
      case .logLinear:
        Kernels.scale(distributions[0], by: weights[0], into: combined, count: size)
        for member in distributions.indices.dropFirst() {
          Kernels.accumulate(
            distributions[member], times: weights[member], into: combined, count: size)
        }
      }
    }
  }

  private static func withPointers(
    to arrays: [[Float]], _ pointers: [UnsafePointer<Float>] = [],
    _ body: ([UnsafePointer<Float>]) -> Void
  ) {
    guard pointers.count < arrays.count else { return body(pointers) }
    arrays[pointers.count].withUnsafeBufferPointer {
      guard let pointer = $0.baseAddress else { return }
      withPointers(to: arrays, pointers + [pointer], body)
    }
  }

  /// Row i of every model continues the former row `rows[i]`.
  public func reorder(_ state: inout State, rows: [Int]) {
    for member in state.members.indices { state.members[member].reorder(rows) }
  }
}

/// A model of an ensemble at work, whatever its state is.
private protocol EnsembleMember {
  /// Ids that its rows have scores for.
  var wordCount: Int { get }
  /// Feeds every row its token.
  mutating func step(_ tokens: [Int32], _ request: StepRequest) throws -> BestScores
  mutating func reorder(_ rows: [Int])
}

private struct RunningMember<Model: StepModel>: EnsembleMember {
  let model: Model
  var state: Model.State

  var wordCount: Int { model.wordCount(of: state) }

  mutating func step(_ tokens: [Int32], _ request: StepRequest) throws -> BestScores {
    try model.step(tokens, state: &state, request)
  }

  mutating func reorder(_ rows: [Int]) { model.reorder(&state, rows: rows) }
}
