import SeqTensors
import Testing

/// Sequences that are parts of others.
@Suite struct SequenceTests {
  @Test func partsHaveTheirOwnPlacesAndTheSameDraws() {
    let whole = Sequences(lengths: [5, 0, 2], firstRowIDs: [10, 40, 70])
    let parts = Sequences(dividing: whole, into: [2, 3, 1, 1])
    #expect(parts.offsets == [0, 2, 5, 6, 7])
    #expect(parts.positions == [0, 1, 0, 1, 2, 0, 0])
    #expect(parts.rowIDs == whole.rowIDs)
    #expect(parts.whole === whole && whole.whole == nil)
    #expect(Sequences(dividing: Sequences(lengths: []), into: []).count == 0)
  }
}
