import SeqTensors
import Testing

/// Mistakes of the caller end the process; none reads memory that is not its own.
@Suite struct TrapTests {
  @Test func maskOfAnotherShape() async {
    await #expect(processExitsWith: .failure) {
      Self.attend(AttentionMask(isCausal: false, hidden: [Self.matrix(3, 4)]))
    }
  }

  @Test func fewerMasksThanSequences() async {
    await #expect(processExitsWith: .failure) {
      Self.attend(
        AttentionMask(isCausal: false, hidden: [Self.matrix(3, 3), Self.matrix(3, 3)]))
    }
  }

  /// The same with a mask that fits runs: the traps above are the masks'.
  @Test func aMaskThatFits() async {
    await #expect(processExitsWith: .success) {
      Self.attend(AttentionMask(isCausal: false, hidden: [Self.matrix(3, 3)]))
    }
  }

  private static func matrix(_ rows: Int, _ columns: Int) -> BooleanMatrix {
    BooleanMatrix(rows: rows, columns: columns) { $0 == $1 }
  }

  private static func attend(_ mask: AttentionMask) {
    let context = Context(mode: .inference)
    let sequences = Sequences(lengths: [3, 3, 3])
    let x = context.tensor(
      [Float](repeating: 1, count: 36), shape: [9, 4], sequences: sequences
    ).slice(0, size: 4)
    _ = attention(queries: x, keys: x, values: x, headCount: 2, mask: mask)
  }

  @Test func useAfterBackward() async {
    await #expect(processExitsWith: .failure) {
      let context = Context(mode: .training)
      let x = context.variable([1], shape: [1])
      let y = x.tanh()
      y.sum().backward()
      _ = y + y
    }
  }

  @Test func backwardTwice() async {
    await #expect(processExitsWith: .failure) {
      let context = Context(mode: .training)
      let loss = context.variable([1], shape: [1]).sum()
      loss.backward()
      loss.backward()
    }
  }

  @Test func gradientOfAResult() async {
    await #expect(processExitsWith: .failure) {
      let context = Context(mode: .training)
      let y = context.variable([1], shape: [1]).tanh()
      _ = y.sum().backward(to: [y])
    }
  }

  @Test func backwardOfAConstant() async {
    await #expect(processExitsWith: .failure) {
      Context(mode: .training).tensor([1], shape: [1]).sum().backward()
    }
  }

  @Test func tensorsOfTwoTapes() async {
    await #expect(processExitsWith: .failure) {
      let x = Context(mode: .training).variable([1], shape: [1])
      let y = Context(mode: .training).variable([1], shape: [1])
      _ = x + y
    }
  }

  @Test func shapesThatDiffer() async {
    await #expect(processExitsWith: .failure) {
      let context = Context(mode: .inference)
      _ = context.tensor([1, 2], shape: [1, 2]) + context.tensor([1, 2], shape: [2, 1])
    }
  }

  @Test func idsOutsideTheVocabulary() async {
    await #expect(processExitsWith: .failure) {
      let table = ParameterStore().root.parameter("table", [4, 2], .constant(1))
      _ = Context(mode: .inference).embed([4], in: table, sequences: Sequences(lengths: [1]))
    }
  }

  @Test func positionsNarrowerThanTheTable() async {
    await #expect(processExitsWith: .failure) {
      let table = ParameterStore().root.parameter("table", [4, 8], .constant(1))
      _ = Context(mode: .inference).embed(
        [1], in: table, sequences: Sequences(lengths: [1]),
        positions: .fixed(FixedPositions(count: 9, size: 4)))
    }
  }

  @Test func aLossScaledAfterwards() async {
    await #expect(processExitsWith: .failure) {
      let store = ParameterStore()
      let weight = store.root.parameter("weight", [3, 2], .constant(1))
      let context = Context(mode: .training, store: store)
      let x = context.variable([1, 2], shape: [1, 2])
      (0.5 * x.crossEntropy(labels: [0], weight: weight).loss).backward()
    }
  }

  @Test func aParameterOfAnotherStore() async {
    await #expect(processExitsWith: .failure) {
      let weight = ParameterStore().root.parameter("weight", [3, 2], .constant(1))
      let context = Context(mode: .training, store: ParameterStore())
      let x = context.variable([1, 2], shape: [1, 2])
      x.linear(weight: weight).sum().backward()
    }
  }

  @Test func dropoutOfEverything() async {
    await #expect(processExitsWith: .failure) {
      _ = Context(mode: .training).variable([1], shape: [1, 1]).dropout(1)
    }
  }
}
