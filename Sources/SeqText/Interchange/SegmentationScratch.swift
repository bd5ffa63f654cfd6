/// Memory that segmenting the parts of a text uses again and again.
struct SegmentationScratch {
  /// A token of a part in the making; neighbours are linked, -1 where there is none.
  struct Symbol {
    var id: Int32
    var previous: Int32
    var next: Int32
    var isMerged = false
  }

  /// Two neighbours that may merge.
  struct Candidate: HeapOrdered {
    var rank: Int32
    var left: Int32
    var result: Int32

    /// The lower rank first, then the one further left.
    @inline(__always)
    func precedes(_ other: Candidate) -> Bool {
      rank != other.rank ? rank < other.rank : left < other.left
    }
  }

  /// The best way to a place in a part.
  struct Arrival {
    var score: Double
    /// Where the last piece of the way begins, -1 when no way is known.
    var start: Int32
    var id: Int32
  }

  var symbols: [Symbol] = []
  var merges = BestFirstHeap<Candidate>()
  var arrivals: [Arrival] = []
  var path: [Arrival] = []

  mutating func addSymbol(_ id: Int32) {
    let index = Int32(symbols.count)
    symbols.append(Symbol(id: id, previous: index - 1, next: index + 1))
  }
}
