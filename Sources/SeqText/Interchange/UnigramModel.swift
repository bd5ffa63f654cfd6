/// A unigram language model as Hugging Face segments with it: sums in double precision, every piece
/// matched against text, special ones too.
///
/// ``UnigramLattice`` is SentencePiece's: it sums in single precision, so that a near tie may fall
/// the other way.
///
/// - SeeAlso: Kudo 2018, arXiv:1804.10959.
struct UnigramModel: Sendable {
  private static let unknownPenalty = 10.0

  let trie: PieceTrie
  /// By id the logarithm of a piece's probability.
  let scores: [Double]
  let unknown: Int32
  /// By byte the id of `<0x…>`, -1 where the vocabulary lacks it; nil without byte fallback.
  let byteIDs: [Int32]?
  private let unknownScore: Double

  init(trie: PieceTrie, scores: [Double], unknown: Int32, byteIDs: [Int32]?) {
    self.trie = trie
    self.scores = scores
    self.unknown = unknown
    self.byteIDs = byteIDs
    unknownScore = (scores.min() ?? 0) - UnigramModel.unknownPenalty
  }

  /// Appends the ids of one part of a text in its likeliest segmentation; of equal ones the one
  /// whose pieces start first wins.
  func append(
    _ part: Slice<UnsafeBufferPointer<UInt8>>, to ids: inout [Int32],
    _ scratch: inout SegmentationScratch
  ) {
    let text = UnsafeBufferPointer(rebasing: part)
    scratch.arrivals.removeAll(keepingCapacity: true)
    scratch.arrivals.append(.init(score: 0, start: 0, id: unknown))
    for _ in 0..<text.count { scratch.arrivals.append(.init(score: 0, start: -1, id: unknown)) }
    var start = 0
    while start < text.count {
      let length = min(announcedLength(text[start]), text.count - start)
      extend(from: start, characterLength: length, text, &scratch.arrivals)
      start += length
    }
    follow(text, &scratch)
    appendPath(of: text, scratch.path, to: &ids)
  }

  private func extend(
    from start: Int, characterLength: Int, _ text: UnsafeBufferPointer<UInt8>,
    _ arrivals: inout [SegmentationScratch.Arrival]
  ) {
    let score = arrivals[start].score
    func arrive(at end: Int, by id: Int32, _ score: Double) {
      if arrivals[end].start < 0 || score > arrivals[end].score {
        arrivals[end] = .init(score: score, start: Int32(start), id: id)
      }
    }
    var hasCharacter = false
    var node = PieceTrie.root
    var end = start
    while end < text.count {
      node = trie.step(from: node, by: text[end])
      if node == PieceTrie.none { break }
      end += 1
      let id = trie.value(at: node)
      if id == PieceTrie.none { continue }
      arrive(at: end, by: id, scores[Int(id)] + score)
      if end == start + characterLength { hasCharacter = true }
    }
    if !hasCharacter { arrive(at: start + characterLength, by: unknown, unknownScore + score) }
  }

  /// The pieces of the best way in reading order; a run of unknown ones is one.
  private func follow(_ text: UnsafeBufferPointer<UInt8>, _ scratch: inout SegmentationScratch) {
    scratch.path.removeAll(keepingCapacity: true)
    var end = text.count
    while end > 0 {
      let arrival = scratch.arrivals[end]
      if arrival.id == unknown, let last = scratch.path.last, last.id == unknown {
        scratch.path[scratch.path.count - 1].start = arrival.start
      } else {
        scratch.path.append(arrival)
      }
      end = Int(arrival.start)
    }
    scratch.path.reverse()
  }

  private func appendPath(
    of text: UnsafeBufferPointer<UInt8>, _ path: [SegmentationScratch.Arrival],
    to ids: inout [Int32]
  ) {
    for (number, piece) in path.enumerated() {
      guard piece.id == unknown else {
        ids.append(piece.id)
        continue
      }
      let end = number + 1 < path.count ? Int(path[number + 1].start) : text.count
      let run = text[Int(piece.start)..<end]
      // Unknown characters may together spell the piece of the unknown itself, or another.
      let id = trie.id(of: run)
      if id != PieceTrie.none {
        ids.append(id)
      } else if let byteIDs, run.allSatisfy({ byteIDs[Int($0)] >= 0 }) {
        for byte in run { ids.append(byteIDs[Int(byte)]) }
      } else {
        ids.append(unknown)
      }
    }
  }
}
