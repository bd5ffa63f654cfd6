internal import SeqKernels
internal import SeqLayers
internal import SeqTensors

extension PointerGenerator {
  /// The pointer of a model, named `pointer`; nil where nothing is copied.
  init?(
    in scope: ParameterScope, _ configuration: CopyingConfiguration?, stateSize: Int,
    memorySize: Int
  ) {
    guard let configuration else { return nil }
    self.init(
      in: scope["pointer"], stateSize: stateSize, memorySize: memorySize,
      size: configuration.size ?? stateSize, hasCoverage: configuration.coverage)
  }
}

/// What a pointer remembers of the sources and of every hypothesis while targets are searched for.
struct PointerState {
  private let memory: Tensor
  private let keys: Tensor
  /// The words that the tokens of all sources are, end to end.
  private let sourceIDs: [Int32]
  private let sourceCount: Int
  /// For every row the source it belongs to; the rows of a source stand together.
  private var sentences: [Int]
  /// For every row what its steps have given to the tokens of its source.
  private var covered: [[Float]]
  /// The ids that rows have scores for: those of the vocabulary, and those of the sources beyond it.
  let wordCount: Int

  /// The state before the first step, a row a source.
  init(_ pointer: PointerGenerator, memory: Tensor, sources: [[Int32]], vocabulary: Int) {
    self.memory = memory
    sourceIDs = sources.flatMap { $0 }
    sourceCount = sources.count
    keys = pointer.key(memory)
    sentences = Array(sources.indices)
    covered = sources.map { Array(repeating: 0, count: $0.count) }
    wordCount = max(vocabulary, Int(sourceIDs.max() ?? 0) + 1)
  }

  /// Lets the state of every row, `[rows, size]`, read its source.
  mutating func step(_ pointer: PointerGenerator, _ states: Tensor) -> DecodedStates {
    var lengths = Array(repeating: 0, count: sourceCount)
    for sentence in sentences { lengths[sentence] += 1 }
    let reading = pointer.step(
      states.divided(into: Sequences(lengths: lengths)), memory: memory, keys: keys,
      covered: covered)
    if pointer.coverage != nil {
      for (row, given) in reading.weights.rows.enumerated() {
        for token in given.indices { covered[row][token] += given[token] }
      }
    }
    return DecodedStates(
      reading.states,
      copying: CopyMixture(
        gate: reading.gate, weights: reading.weights, sourceIDs: sourceIDs))
  }

  /// Row i continues the former row `rows[i]`.
  mutating func reorder(_ rows: [Int]) {
    sentences = rows.map { sentences[$0] }
    covered = rows.map { covered[$0] }
  }
}
