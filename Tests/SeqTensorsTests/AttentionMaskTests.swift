import SeqTensors
import SeqTestSupport
import Testing

/// Masks as values: what they hide, their boolean and additive forms, and the way back.
@Suite struct AttentionMaskTests {
  /// A picture of what a mask hides: `x`, and `.` for what it leaves.
  private func picture(
    _ mask: AttentionMask, sequence: Int = 0, queries: Int, keys: Int
  ) -> [String] {
    let matrix = mask.matrix(sequence: sequence, queryCount: queries, keyCount: keys)
    return (0..<queries).map { row in
      (0..<keys).map { matrix[row, $0] ? "x" : "." }.joined()
    }
  }

  @Test func whatEachHides() {
    #expect(picture(.none, queries: 2, keys: 3) == ["...", "..."])
    #expect(picture(.causal, queries: 3, keys: 3) == [".xx", "..x", "..."])
    // The last query sees all.
    #expect(picture(.causal, queries: 2, keys: 4) == ["...x", "...."])
    let padding = AttentionMask.padding(lengths: [2, 0])
    #expect(picture(padding, queries: 2, keys: 3) == ["..x", "..x"])
    #expect(picture(padding, sequence: 1, queries: 2, keys: 3) == ["xxx", "xxx"])
    #expect(
      picture(.window(before: 1, after: 0), queries: 4, keys: 4)
        == [".xxx", "..xx", "x..x", "xx.."])
    #expect(
      picture(.window(before: 0, after: 1, globalPositions: [2]), queries: 4, keys: 4)
        == ["...x", "x..x", "....", "xx.."])
  }

  @Test func unionHidesWhatEitherHides() {
    let mask = AttentionMask.causal.union(.padding(lengths: [2]))
    #expect(picture(mask, queries: 3, keys: 3) == [".xx", "..x", "..x"])
    #expect(mask.isCausal)
    #expect(AttentionMask.causal.union(.causal) == .causal)
    #expect(AttentionMask.none.union(.none) == .none)
  }

  // MARK: Boolean tensors

  @Test func booleanForms() throws {
    #expect(BooleanTensor.causal(2).values == [false, true, false, false])
    let padding = BooleanTensor.padding(lengths: [3, 1], to: 4)
    #expect(padding.shape == [2, 4])
    #expect(padding.values == [false, false, false, true, false, true, true, true])
    #expect(try padding.lengths() == [3, 1])
    // Combined, [batch, queries, keys]; and from there the same mask again.
    let mask = AttentionMask.causal.union(.padding(lengths: [3, 1]))
    let combined = mask.matrices(batch: 2, queryCount: 3, keyCount: 3)
    #expect(combined.shape == [2, 3, 3])
    #expect(combined[1, 2, 0] == false && combined[1, 2, 1] && combined[0, 0, 1])
    for sequence in 0..<2 {
      #expect(
        picture(.hidden(combined), sequence: sequence, queries: 3, keys: 3)
          == picture(mask, sequence: sequence, queries: 3, keys: 3))
    }
    // [batch, keys] hides keys, wherever they stand; [queries, keys] hides pairs in all.
    let holes = BooleanTensor([true, false, true, false, false, false], shape: [2, 3])
    #expect(picture(.padding(holes), queries: 2, keys: 3) == ["x.x", "x.x"])
    #expect(picture(.hidden(holes), sequence: 7, queries: 2, keys: 3) == ["x.x", "..."])
    #expect(BooleanTensor(stacking: combined.matrices) == combined)
  }

  @Test func paddingStandsAtTheEnd() {
    let mask = BooleanTensor([false, true, true, false, false, true, false, true], shape: [2, 4])
    #expect(throws: MaskError.paddingBeforeToken(sequence: 0, position: 3)) {
      try mask.lengths()
    }
  }

  // MARK: Additive tensors

  @Test func additiveFormAndBack() throws {
    let mask = BooleanTensor.causal(3)
    let context = Context(mode: .inference)
    let tensor = mask.additive(in: context)
    #expect(tensor.values == [0, -.infinity, -.infinity, 0, 0, -.infinity, 0, 0, 0])
    #expect(try BooleanTensor(additive: tensor) == mask)
    #expect(
      try BooleanTensor(additive: [-0.0, -.infinity], shape: [1, 2]).values == [false, true])
  }

  @Test(arguments: [-1e9 as Float, 1, .infinity, -.leastNonzeroMagnitude, .nan])
  func anythingElseIsNamedWithItsPlace(value: Float) {
    var values = [Float](repeating: 0, count: 24)
    values[17] = value
    let error = #expect(throws: MaskError.self) {
      try BooleanTensor(additive: values, shape: [2, 3, 4])
    }
    guard case .notAdditive(let found, let place, let shape) = error else {
      Issue.record("another error")
      return
    }
    #expect(found.bitPattern == value.bitPattern)
    #expect(place == [1, 1, 1] && shape == [2, 3, 4])
    #expect("\(error.map { "\($0)" } ?? "")".contains("at [1, 1, 1]; every element must be 0"))
  }

  // MARK: Padded attention

  struct Case: Sendable, CustomTestStringConvertible {
    var queries: [Int]
    var keys: [Int]
    var room: Int
    var inner: AttentionMask
    var name: String
    var testDescription: String { "\(name), \(queries) × \(keys), \(room) more" }
  }

  static let cases: [Case] = [0, 1, 5].flatMap { room in
    [
      Case(queries: [3, 5, 1], keys: [4, 2, 6], room: room, inner: .none, name: "padding"),
      Case(queries: [4, 2], keys: [4, 2], room: room, inner: .causal, name: "causal"),
      Case(
        queries: [6, 3], keys: [6, 3], room: room,
        inner: .window(before: 1, after: 1, globalPositions: [0]), name: "window"),
      Case(queries: [2, 3], keys: [0, 3], room: room, inner: .none, name: "no key"),
    ]
  }

  /// Attention over padded tensors gives every query of the ragged ones the same numbers and
  /// gradients, whatever stands in the padding.
  @Test(arguments: cases)
  func paddedEqualsRagged(c: Case) {
    let context = Context(mode: .training)
    let size = 8
    var seeded = SeededValues(c.testDescription)
    // Numbers stand in the padding too.
    let shapes: [Shape] = [c.queries, c.keys, c.keys].map { lengths in
      [lengths.count, (lengths.max() ?? 0) + c.room, size]
    }
    let values = shapes.map { seeded.normal($0.count) }
    let factors = seeded.normal(c.queries.reduce(0, +) * size)

    /// What comes out for the queries that are no padding, and the gradients of queries, keys and
    /// values; a pass back unwinds the tape, so each computation has leaves of its own.
    func results(_ compute: (_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor) -> [[Float]] {
      let leaves = zip(values, shapes).map { context.variable($0, shape: $1) }
      let output = compute(leaves[0], leaves[1], leaves[2])
      let weighted = output * context.tensor(factors, shape: output.shape)
      return [output.values] + weighted.sum().backward(to: leaves)
    }
    let ragged = results { q, k, v in
      attention(
        queries: q.ragged(lengths: c.queries).slice(0, size: size),
        keys: k.ragged(lengths: c.keys).slice(0, size: size),
        values: v.ragged(lengths: c.keys).slice(0, size: size), headCount: 2, mask: c.inner
      ).output
    }
    let padded = results { q, k, v in
      attention(
        queries: q, keys: k, values: v, headCount: 2,
        mask: c.inner.union(.padding(lengths: c.keys))
      ).ragged(lengths: c.queries)
    }
    for (found, expected) in zip(padded, ragged) {
      #expect(Tolerance(relative: 1e-6).problem(found, expected.map(Double.init)) == nil)
    }
    #expect(ragged[0].contains { $0 != 0 })
    if c.keys[0] == 0 { #expect(padded[0].prefix(2 * size).allSatisfy { $0 == 0 }) }
  }

  @Test func raggedAndBack() {
    let context = Context(mode: .training)
    let padded = context.variable((0..<24).map(Float.init), shape: [2, 3, 4])
    let ragged = padded.ragged(lengths: [1, 3])
    #expect(ragged.values == [0, 1, 2, 3] + (12..<24).map(Float.init))
    #expect(ragged.sequences?.lengths == [1, 3])
    let back = ragged.padded(to: 4)
    #expect(back.shape == [2, 4, 4])
    let first: [Float] = [0, 1, 2, 3] + Array(repeating: 0, count: 12)
    #expect(Array(back.values.prefix(16)) == first)
    let gradient = (back * back).sum().backward(to: [padded])[0]
    let expected = (0..<24).map { 4 <= $0 && $0 < 12 ? 0 : 2 * Float($0) }
    #expect(gradient == expected)
  }

  /// Masks of another shape end the process with one wording, whatever the kind.
  @Test func masksThatDoNotFit() async {
    let lengths = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Self.attend(.padding(lengths: [3, 1]))
    }
    #expect(Self.said(lengths, "attention: a mask of 2 lengths and 1 sequences"))
    let long = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Self.attend(.padding(lengths: [4]))
    }
    #expect(Self.said(long, "attention: length 4 in a mask, 3 keys"))
    let keys = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Self.attend(.padding(.padding(lengths: [3], to: 5)))
    }
    #expect(Self.said(keys, "attention: mask [1, 5], not [1, 3]"))
    let combined = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      Self.attend(.hidden(BooleanTensor(stacking: [.causal(2)])))
    }
    #expect(Self.said(combined, "attention: mask [2, 2], not [3, 3]"))
  }

  private static func said(_ result: ExitTest.Result?, _ text: String) -> Bool {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).contains(text)
  }

  private static func attend(_ mask: AttentionMask) {
    let x = Context(mode: .inference).tensor([Float](repeating: 1, count: 12), shape: [1, 3, 4])
    _ = attention(queries: x, keys: x, values: x, headCount: 2, mask: mask)
  }
}
