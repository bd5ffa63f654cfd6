import SeqTensors
import SeqTestSupport
import Testing

/// Rows put side by side, and rows that every sequence gets.
@Suite struct RowGroupTests {
  @Test func groupsEndWithTheirSequence() throws {
    let context = Context(mode: .inference)
    let x = context.tensor(
      (1...12).map { Float($0) }, shape: [6, 2], sequences: Sequences(lengths: [3, 0, 1, 2]))
    let groups = x.rowGroups(of: 2)
    #expect(groups.shape == [4, 4])
    #expect(groups.sequences?.lengths == [2, 0, 1, 1])
    #expect(groups.values == [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0, 9, 10, 11, 12])
    #expect(x.rowGroups(of: 1).values == x.values)
    #expect(x.rowGroups(of: 9).shape == [3, 18])
  }

  @Test func repeatedRows() {
    let context = Context(mode: .inference)
    let x = context.tensor([1, 2, 3, 4], shape: [2, 2])
    let repeated = x.repeatedRows(forEach: Sequences(lengths: [3, 0, 1]))
    #expect(repeated.values == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    #expect(repeated.sequences?.lengths == [2, 2, 2])
    #expect(x.repeatedRows(forEach: Sequences(lengths: [])).shape == [0, 2])
  }

  /// Dropout draws by ids that come from the sequence, not from its place in the batch.
  @Test func idsOfRows() throws {
    let context = Context(mode: .inference)
    func ids(_ lengths: [Int], _ first: [UInt32], _ make: (Tensor) -> Tensor) throws -> [[UInt32]] {
      let count = lengths.reduce(0, +)
      let x = context.tensor(
        Array(repeating: 0, count: count), shape: [count, 1],
        sequences: Sequences(lengths: lengths, firstRowIDs: first))
      let found = try #require(make(x).sequences)
      return (0..<found.count).map {
        Array(found.rowIDs[found.offsets[$0]..<found.offsets[$0 + 1]])
      }
    }
    let latents = context.tensor([0, 0, 0], shape: [3, 1])
    for make: (Tensor) -> Tensor in [
      { $0.rowGroups(of: 2) },
      { x in x.sequences.map { latents.repeatedRows(forEach: $0) } ?? x },
    ] {
      let all = try ids([4, 1, 2], [0, 4, 5], make)
      #expect(Set(all.joined()).count == all.joined().count)
      #expect(try ids([2], [5], make) == [all[2]])
    }
  }

  static let gradients: [GradientCheck] = [
    GradientCheck("row groups", inputs: [.ragged([3, 0, 1, 5], 4)]) { $0[0].rowGroups(of: 3) },
    GradientCheck("row groups of a sum", inputs: [.ragged([3, 5], 4)]) {
      [$0[0].rowGroups(of: 2), 0.5 * $0[0]]
    },
    GradientCheck("repeated rows", inputs: [.rows(3, 4)]) {
      $0[0].repeatedRows(forEach: Sequences(lengths: [2, 0, 7]))
    },
  ]

  @Test(arguments: gradients)
  func gradientAgreesWithDifferences(_ check: GradientCheck) {
    #expect(check.problems() == [])
  }
}
