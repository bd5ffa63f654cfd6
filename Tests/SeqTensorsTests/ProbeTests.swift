import SeqTensors
import Testing

/// Looking at what layers put out and at the gradients of embedded tokens.
@Suite struct ProbeTests {
  private func table(_ store: ParameterStore) -> Parameter {
    store.root.parameter("table", [7, 4], .normal(deviation: 1))
  }

  @Test func statesAreKeptForWhoAsks() {
    let context = Context(mode: .inference)
    let x = context.tensor([1, 2, 3, 4], shape: [2, 2])
    var namesAsked = 0
    func name() -> String {
      namesAsked += 1
      return "x"
    }
    x.captured(as: name())
    #expect(namesAsked == 0 && !context.capturesStates)
    let (_, outer) = context.capturingStates {
      x.captured(as: name())
      // What is asked for inside goes to who asked last.
      let (_, inner) = context.capturingStates { (2 * x).captured(as: "inner") }
      #expect(inner.map(\.name) == ["inner"] && inner[0].states.values == [2, 4, 6, 8])
      x.captured(as: "again")
    }
    #expect(outer.map(\.name) == ["x", "again"] && outer[0].states.values == x.values)
    #expect(namesAsked == 1)
  }

  /// The gradient at a probe is that of the embedded rows: put together by id, that of the table.
  @Test func aProbeHasTheGradientOfWhatWasEmbedded() {
    let store = ParameterStore(seed: 3)
    let table = table(store)
    let ids: [Int32] = [2, 5, 2, 1]
    let sequences = Sequences(lengths: [3, 1])
    let context = Context(mode: .training, store: store)
    let (embedded, probes) = context.probingEmbeddings {
      context.embed(ids, in: table, sequences: sequences, scale: 3)
    }
    #expect(probes.count == 1 && probes[0].sequences === sequences)
    let expected = context.embed(ids, in: table, sequences: sequences, scale: 3).values
    #expect(embedded.values == expected)
    let gradient = (embedded * embedded).sum().backward(to: probes.map(\.leaf))[0]
    #expect(zip(gradient, expected).allSatisfy { abs($0 - 2 * $1) < 1e-4 })
    var byID = [Float](repeating: 0, count: 28)
    for (row, id) in ids.enumerated() {
      for column in 0..<4 { byID[Int(id) * 4 + column] += 3 * gradient[row * 4 + column] }
    }
    #expect(zip(byID, context.gradients[table]).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test func nobodyProbesUnlessAsked() {
    let store = ParameterStore(seed: 3)
    let table = table(store)
    let context = Context(mode: .training, store: store)
    let (_, probes) = context.probingEmbeddings { () }
    #expect(probes.isEmpty)
    let embedded = context.embed([1], in: table, sequences: Sequences(lengths: [1]))
    #expect(embedded.values == Array(table.values[4..<8]))
  }

  @Test func trainingNeedNotDrop() {
    let x = [Float](repeating: 1, count: 64)
    func dropped(_ context: Context) -> [Float] {
      context.seedDropout(1)
      return context.tensor(x, shape: [8, 8]).dropout(0.5).values
    }
    #expect(dropped(Context(mode: .training, dropsOut: false)) == x)
    #expect(dropped(Context(mode: .training)) != x)
  }
}
