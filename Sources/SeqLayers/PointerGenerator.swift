public import SeqTensors

/// What lets a decoder copy: a last attention to the source whose weights are those of copying its
/// tokens, and a gate between copying and generating.
///
/// The attention is additive, of one head, on the decoder's last states, so that it goes with every
/// decoder; with coverage its scores know what it was given to before. The vocabulary sees
/// `s + W c` for state s and the context c of that attention. The gate is `σ(u·s + v·c + b)`; the
/// decoder's input, which the paper adds, is in the state already.
///
/// - Shapes: states `[target tokens, stateSize]`, memory `[source tokens, memorySize]`, ragged both.
/// - SeeAlso: See, Liu, Manning 2017, arXiv:1704.04368.
public struct PointerGenerator: Sendable {
  /// The map of states to queries, `[size, stateSize]`.
  public let query: Linear
  /// The map of the memory to keys, `[size, memorySize]`, no bias.
  public let key: Linear
  /// What scores are weighed by, `[size]`.
  public let vector: Parameter
  /// What coverage is weighed by, `[size]`; nil where scores do not know it.
  public let coverage: Parameter?
  /// The map of contexts to what is added to states, `[stateSize, memorySize]`, no bias.
  public let context: Linear
  /// The map of states beside contexts to the gate, a logit: `[1, stateSize + memorySize]`.
  public let gate: Linear

  /// Names its parameters `query`, `key`, `vector`, `coverage`, `context` and `gate`.
  public init(
    in scope: ParameterScope, stateSize: Int, memorySize: Int, size: Int, hasCoverage: Bool
  ) {
    query = Linear(in: scope["query"], inputSize: stateSize, outputSize: size)
    key = Linear(in: scope["key"], inputSize: memorySize, outputSize: size, hasBias: false)
    vector = scope.parameter("vector", [size], .uniform(bound: 1 / Float(size).squareRoot()))
    coverage =
      hasCoverage
      ? scope.parameter("coverage", [size], .uniform(bound: 1 / Float(size).squareRoot())) : nil
    context = Linear(
      in: scope["context"], inputSize: memorySize, outputSize: stateSize, hasBias: false)
    gate = Linear(in: scope["gate"], inputSize: stateSize + memorySize, outputSize: 1)
  }

  /// What one reading of the source gives.
  public struct Reading {
    /// What the vocabulary sees, `[target tokens, stateSize]`.
    public let states: Tensor
    /// Generating against copying, a logit: `[target tokens, 1]`.
    public let gate: Tensor
    /// What every state gave to the tokens of its source.
    public let weights: SourceWeights
  }

  /// Lets all states of a target read the source.
  public func callAsFunction(_ states: Tensor, memory: Tensor) -> Reading {
    read(
      states, memory: memory, keys: key(memory),
      coverage: coverage.map { .accumulated($0) } ?? .none)
  }

  /// Lets one state of each hypothesis read it: a step of decoding.
  ///
  /// `keys` are those of the memory, computed once by ``key``; `covered` is for every state what
  /// earlier steps gave to the tokens of its source, of no use without coverage.
  public func step(
    _ states: Tensor, memory: Tensor, keys: Tensor, covered: [[Float]]
  ) -> Reading {
    read(
      states, memory: memory, keys: keys,
      coverage: coverage.map { .given(covered, $0) } ?? .none)
  }

  private func read(
    _ states: Tensor, memory: Tensor, keys: Tensor, coverage: PointerCoverage
  ) -> Reading {
    let weights = pointerWeights(
      queries: query(states), keys: keys, vector: vector, coverage: coverage)
    let found = weights.context(over: memory)
    return Reading(
      states: states + context(found), gate: gate(joinedColumns([states, found])),
      weights: weights)
  }
}
