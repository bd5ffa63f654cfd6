import SeqTensors
import Testing

/// Mistakes of the caller end the process; none reads memory that is not its own.
@Suite struct TrapTests {
  @Test func maskOfAnotherShape() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Self.attend(.hidden(each: [Self.matrix(3, 4)]))
    }
    #expect(Self.said(trap, "attention: mask [3, 4], not [3, 3]"))
  }

  @Test func fewerMasksThanSequences() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Self.attend(
        .hidden(each: [Self.matrix(3, 3), Self.matrix(3, 3)]))
    }
    #expect(Self.said(trap, "attention: 2 masks and 3 sequences"))
  }

  /// The same with a mask that fits runs: the traps above are the masks'.
  @Test func aMaskThatFits() async {
    await #expect(processExitsWith: .success) {
      Self.attend(.hidden(each: [Self.matrix(3, 3)]))
    }
  }

  /// Whether a process wrote a text to its standard error.
  private static func said(_ result: ExitTest.Result?, _ text: String) -> Bool {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).contains(text)
  }

  private static func matrix(_ rows: Int, _ columns: Int) -> BooleanTensor {
    BooleanTensor(rows: rows, columns: columns) { $0 == $1 }
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
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(mode: .training)
      let x = context.variable([1], shape: [1])
      let y = x.tanh()
      y.sum().backward()
      _ = y + y
    }
    #expect(Self.said(trap, "sum: the tensor's tape was unwound by backward(); compute it again"))
  }

  @Test func backwardTwice() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(mode: .training)
      let loss = context.variable([1], shape: [1]).sum()
      loss.backward()
      loss.backward()
    }
    #expect(Self.said(trap, "backward: the tensor's tape was unwound by backward(); compute it"))
  }

  @Test func gradientOfAResult() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(mode: .training)
      let y = context.variable([1], shape: [1]).tanh()
      _ = y.sum().backward(to: [y])
    }
    #expect(Self.said(trap, "backward: the gradient of a result is not kept; ask for that of"))
  }

  @Test func backwardOfAConstant() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Context(mode: .training).tensor([1], shape: [1]).sum().backward()
    }
    #expect(Self.said(trap, "backward: the tensor depends on nothing that has a gradient"))
  }

  @Test func tensorsOfTwoTapes() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Context(mode: .training).variable([1], shape: [1])
      let y = Context(mode: .training).variable([1], shape: [1])
      _ = x + y
    }
    #expect(Self.said(trap, "sum: the tensors were recorded by different contexts"))
  }

  @Test func shapesThatDiffer() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(mode: .inference)
      _ = context.tensor([1, 2], shape: [1, 2]) + context.tensor([1, 2], shape: [2, 1])
    }
    #expect(Self.said(trap, "sum: [1, 2] and [2, 1], shapes differ"))
  }

  @Test func idsOutsideTheVocabulary() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let table = ParameterStore().root.parameter("table", [4, 2], .constant(1))
      _ = Context(mode: .inference).embed([4], in: table, sequences: Sequences(lengths: [1]))
    }
    #expect(Self.said(trap, "embedding: table [4, 2], an id outside the vocabulary of 4"))
  }

  @Test func positionsNarrowerThanTheTable() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let table = ParameterStore().root.parameter("table", [4, 8], .constant(1))
      _ = Context(mode: .inference).embed(
        [1], in: table, sequences: Sequences(lengths: [1]),
        positions: .fixed(FixedPositions(count: 9, size: 4)))
    }
    #expect(Self.said(trap, "embedding: table [4, 8] and positions [9, 4], sizes differ"))
  }

  @Test func aLossScaledAfterwards() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let store = ParameterStore()
      let weight = store.root.parameter("weight", [3, 2], .constant(1))
      let context = Context(mode: .training, store: store)
      let x = context.variable([1, 2], shape: [1, 2])
      (0.5 * x.crossEntropy(labels: [0], weight: weight).loss).backward()
    }
    #expect(Self.said(trap, "cross-entropy: the gradient was formed for a factor of 1, not 0.5"))
  }

  @Test func aParameterOfAnotherStore() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let weight = ParameterStore().root.parameter("weight", [3, 2], .constant(1))
      let context = Context(mode: .training, store: ParameterStore())
      let x = context.variable([1, 2], shape: [1, 2])
      x.linear(weight: weight).sum().backward()
    }
    #expect(Self.said(trap, "gradient of 'weight': [3, 2], the context was made for another store"))
  }

  @Test func theMeanOfNothing() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Context(mode: .inference).tensor([], shape: [0, 2]).mean()
    }
    #expect(Self.said(trap, "mean: [0, 2], no elements"))
  }

  @Test func innerSizesThatDiffer() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(mode: .inference)
      _ = context.tensor([1, 2, 3, 4, 5, 6], shape: [2, 3]).matrixProduct(
        context.tensor([1, 2, 3, 4], shape: [2, 2]))
    }
    #expect(Self.said(trap, "matrix product: [2, 3] × [2, 2], inner sizes 3 and 2 differ"))
  }

  @Test func dropoutOfEverything() async {
    let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Context(mode: .training).variable([1], shape: [1, 1]).dropout(1)
    }
    #expect(Self.said(trap, "dropout: rate 1.0, outside 0 ..< 1"))
  }
}
