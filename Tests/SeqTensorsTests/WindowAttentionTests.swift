import SeqTensors
import SeqTestSupport
import Testing

/// Attention within a window against the same over masked matrices.
@Suite struct WindowAttentionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var lengths: [Int]
    var window: AttentionWindow
    var headCount = 2
    var headSize = 8

    var testDescription: String {
      "\(lengths), \(window.before) before, \(window.after) after, \(window.globalCount) global, "
        + "\(headCount) heads of \(headSize)"
    }

    var tokenCount: Int { lengths.reduce(0, +) }
    var size: Int { headCount * headSize }

    /// Queries, keys and values in one matrix, with a column that is nobody's.
    func projections(_ context: Context) -> Tensor {
      var seeded = SeededValues(testDescription)
      let columns = 3 * size + 1
      return context.variable(
        seeded.normal(tokenCount * columns), shape: [tokenCount, columns],
        sequences: Sequences(lengths: lengths))
    }

    func output(_ x: Tensor, dropout: Double = 0) -> Tensor {
      windowAttention(
        queries: x.slice(0, size: size), keys: x.slice(size, size: size),
        values: x.slice(2 * size + 1, size: size), headCount: headCount, window: window,
        dropout: dropout)
    }

    func maskedOutput(_ x: Tensor) -> Tensor {
      attention(
        queries: x.slice(0, size: size), keys: x.slice(size, size: size),
        values: x.slice(2 * size + 1, size: size), headCount: headCount, mask: window.mask
      ).output
    }
  }

  /// Windows of no reach, of one side, wider than any sequence; globals none, more than there are
  /// tokens, inside the window's reach and outside; and random ones.
  static let cases: [Case] =
    [
      Case(lengths: [40, 0, 1, 17], window: AttentionWindow(before: 0, after: 0)),
      Case(lengths: [40, 0, 1, 17], window: AttentionWindow(before: 3, after: 0, globalCount: 1)),
      Case(lengths: [40, 1, 90], window: AttentionWindow(before: 0, after: 5, globalCount: 2)),
      Case(lengths: [33, 5], window: AttentionWindow(before: 500, after: 900, globalCount: 1)),
      Case(lengths: [20, 3, 0], window: AttentionWindow(before: 2, after: 2, globalCount: 30)),
      Case(lengths: [], window: AttentionWindow(before: 2, after: 2, globalCount: 1)),
      Case(
        lengths: [300, 129], window: AttentionWindow(before: 64, after: 64, globalCount: 3),
        headCount: 1, headSize: 20),
      Case(
        lengths: [90], window: AttentionWindow(before: Int(Int32.max), after: Int(Int32.max)),
        headCount: 3, headSize: 5),
    ]
    + (0..<24).map { number in
      var random = CountedRandom(UInt64(number), 5)
      func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      return Case(
        lengths: (0..<draw(1...4)).map { _ in draw(0...150) },
        window: AttentionWindow(
          before: draw(0...40), after: draw(0...40), globalCount: draw(0...20)),
        headCount: draw(1...3), headSize: draw(1...33))
    }

  @Test(arguments: cases)
  func equalsTheMaskedMatrix(_ c: Case) throws {
    // A sum of all results, each times a number of its own.
    func run(_ output: (Tensor) -> Tensor) -> (output: [Float], gradient: [Float]) {
      let context = Context(mode: .training)
      let x = c.projections(context)
      let y = output(x)
      guard y.shape.count > 0 else { return ([], []) }
      var seeded = SeededValues("weights of \(c.testDescription)")
      let weights = context.tensor(seeded.normal(y.shape.count), shape: y.shape)
      let values = y.values
      return (values, (y * weights).sum().backward(to: [x])[0])
    }
    let (found, expected) = (run { c.output($0) }, run { c.maskedOutput($0) })
    #expect(found.output.count == expected.output.count)
    for (ours, theirs) in [(found.output, expected.output), (found.gradient, expected.gradient)] {
      let scale = theirs.reduce(1) { max($0, abs($1)) }
      #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) <= 2e-5 * scale })
    }
    let inferred = c.output(c.projections(Context(mode: .inference))).values
    #expect(inferred == found.output)
  }

  /// A sequence gives the same bits alone.
  @Test func companyDoesNotCount() {
    let lengths = [70, 3, 0, 131, 18]
    let window = AttentionWindow(before: 10, after: 7, globalCount: 2)
    let context = Context(mode: .inference)
    let all = Case(lengths: lengths, window: window)
    let x = all.projections(context)
    let together = all.output(x).values
    let sequences = Sequences(lengths: lengths)
    for (index, length) in lengths.enumerated() {
      let columns = x.shape.columns
      let rows = sequences.offsets[index]..<sequences.offsets[index] + length
      let alone = Case(lengths: [length], window: window).output(
        context.tensor(
          Array(x.values[rows.lowerBound * columns..<rows.upperBound * columns]),
          shape: [length, columns], sequences: Sequences(lengths: [length])))
      #expect(
        alone.values == Array(together[rows.lowerBound * 16..<rows.upperBound * 16]))
    }
  }

  static let gradients: [GradientCheck] = [
    AttentionWindow(before: 2, after: 3), AttentionWindow(before: 4, after: 0, globalCount: 2),
    AttentionWindow(before: 1, after: 1, globalCount: 19),
  ].flatMap { window in
    [0, 0.3].map { dropout in
      let c = Case(lengths: [40, 0, 18, 1], window: window, headSize: 4)
      return GradientCheck(
        "window attention, \(c.testDescription), dropout \(dropout)",
        inputs: [.ragged(c.lengths, 3 * c.size + 1)]
      ) { [c.output($0[0], dropout: dropout), 0.5 * $0[0]] }
    }
  }

  @Test(arguments: gradients)
  func gradientAgreesWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }

  /// Weights are dropped row by row, whatever other sequences there are.
  @Test func dropoutBelongsToTheSequence() {
    func output(_ lengths: [Int], _ firstRowIDs: [UInt32]) -> [Float] {
      let context = Context(mode: .training)
      context.seedDropout(3)
      let ones = context.tensor(
        Array(repeating: 1, count: lengths.reduce(0, +) * 4),
        shape: [lengths.reduce(0, +), 4],
        sequences: Sequences(lengths: lengths, firstRowIDs: firstRowIDs))
      let all = ones.slice(0, size: 4)
      return windowAttention(
        queries: all, keys: all, values: all, headCount: 2,
        window: AttentionWindow(before: 6, after: 6, globalCount: 1), dropout: 0.4
      ).values
    }
    let alone = output([50], [7])
    #expect(output([9, 50], [100, 7]).suffix(200) == alone[...])
    #expect(output([50], [8]) != alone)
    // Values of one and weights that sum to one: what is kept is scaled, and the mean stays.
    let mean = alone.reduce(0, +) / Float(alone.count)
    #expect(abs(mean - 1) < 0.1 && Set(alone).count > 10)
  }

  @Test(arguments: [Context.Mode.training, .inference])
  func capturedWeights(mode: Context.Mode) {
    let c = Case(
      lengths: [60, 4, 1], window: AttentionWindow(before: 4, after: 9, globalCount: 2))
    let context = Context(mode: mode)
    let x = c.projections(context)
    let maps = context.capturingAttention { _ = c.output(x) }.maps
    let expected = context.capturingAttention { _ = c.maskedOutput(x) }.maps
    #expect(maps.count == 1 && expected.count == 1)
    for (sequence, (ours, theirs)) in zip(maps[0], expected[0]).enumerated() {
      let length = c.lengths[sequence]
      #expect(ours.weights.count == theirs.weights.count)
      for head in 0..<2 {
        for query in 0..<length {
          for key in 0..<length {
            let (weight, other) = (ours[head, query, key], theirs[head, query, key])
            #expect(abs(weight - other) < 2e-6)
            #expect((weight == 0) == (other == 0))
          }
        }
      }
    }
  }

  /// Memory of a training step, for a text four times as long about four times as much.
  @Test func memoryGrowsWithTheLength() {
    func bytes(_ length: Int) -> Int {
      let context = Context(mode: .training)
      let c = Case(
        lengths: [length], window: AttentionWindow(before: 16, after: 16, globalCount: 2))
      let loss = c.output(c.projections(context)).sum()
      loss.backward()
      return context.memory.peakBytesInUse
    }
    let (short, long) = (bytes(1024), bytes(4096))
    #expect(Double(long) <= 4.2 * Double(short), "\(short) bytes, then \(long)")
  }
}
