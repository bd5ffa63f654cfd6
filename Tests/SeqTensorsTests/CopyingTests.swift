import SeqTensors
import SeqTestSupport
import Testing

/// Weights that are given to sources, and words that are copied by them.
@Suite struct CopyingTests {
  /// A word that can only be copied, by a weight that is 0 as a float: its loss is large, and nothing is
  /// infinite.
  @Test func aVanishedWeightCostsMuchAndNotInfinitelyMuch() {
    let store = ParameterStore()
    let vector = store.root.parameter("vector", [1], .constant(100))
    let table = store.root.parameter("table", [11, 5], .normal(deviation: 1))
    let context = Context(mode: .training, store: store)
    for isFused in [true, false] {
      let queries = context.variable([0], shape: [1, 1], sequences: Sequences(lengths: [1]))
      let keys = context.variable([5, -5], shape: [2, 1], sequences: Sequences(lengths: [2]))
      let gate = context.variable([0], shape: [1, 1])
      let states = context.variable([1, 2, 3, 4, 5], shape: [1, 5])
      let weights = pointerWeights(queries: queries, keys: keys, vector: vector)
      #expect(weights.rows == [[1, 0]])
      let mixture = CopyMixture(gate: gate, weights: weights, sourceIDs: [4, 11])
      let loss =
        isFused
        ? states.crossEntropy(labels: [11], weight: table, copying: mixture).loss
        : states.linear(weight: table).copyLogProbabilities(mixture)
          .divided(into: weights.queries).sequenceLogProbabilities(of: [11])
      #expect(loss.scalar.isFinite && abs(loss.scalar) > 80)
      let gradients = loss.backward(to: [queries, keys, gate, states])
      #expect(gradients.joined().allSatisfy { $0.isFinite })
      for parameter in store.parameters {
        #expect(context.gradients[parameter].allSatisfy { $0.isFinite })
      }
    }
  }

  /// In inference a query finds the same bits however many queries its sequence has.
  @Test func contextsDoNotDependOnOtherQueries() {
    var seeded = SeededValues("contexts of queries")
    let (largest, keyCount, size) = (20, 37, 48)
    let queryValues = seeded.normal(largest * 8)
    let keyValues = seeded.normal(keyCount * 8)
    let memoryValues = seeded.normal(keyCount * size)
    let vector = ParameterStore().root.parameter("vector", [8], .uniform(bound: 1))
    let context = Context(mode: .inference)
    let memory = Sequences(lengths: [keyCount])
    let keys = context.tensor(keyValues, shape: [keyCount, 8], sequences: memory)
    let values = context.tensor(memoryValues, shape: [keyCount, size], sequences: memory)
    func last(of count: Int) -> [UInt32] {
      let queries = context.tensor(
        Array(queryValues.suffix(count * 8)), shape: [count, 8],
        sequences: Sequences(lengths: [count]))
      let found = pointerWeights(queries: queries, keys: keys, vector: vector)
        .context(over: values)
      return found.values.suffix(size).map { $0.bitPattern }
    }
    let alone = last(of: 1)
    for count in [2, 3, 4, 15, 16, largest] { #expect(last(of: count) == alone) }
  }
}
