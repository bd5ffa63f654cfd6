/// Byte-pair encoding by a list of merges in the order they were learned, as Hugging Face has it.
///
/// ``BytePairMerger`` merges whatever makes a piece, by the piece's score; here only listed pairs
/// merge, by their rank, and text outside the vocabulary has more fates.
struct RankedMergeModel: Sendable {
  /// The pieces that text is looked up in.
  let trie: PieceTrie
  let merges: MergeTable
  /// What a character outside the vocabulary becomes; nil drops it.
  var unknown: Int32?
  /// Neighbouring unknown characters are one token.
  var fusesUnknown = false
  /// By byte the id of `<0x…>`, -1 where the vocabulary lacks it; nil without byte fallback.
  var byteIDs: [Int32]?
  /// A part that is a piece stays one, merges or not.
  var ignoresMerges = false
  /// Before every character of a part but the first.
  var continuingPrefix: [UInt8] = []
  /// Behind the last character of a part.
  var endSuffix: [UInt8] = []

  /// Appends the ids of one part of a text.
  func append(
    _ part: Slice<UnsafeBufferPointer<UInt8>>, to ids: inout [Int32],
    _ scratch: inout SegmentationScratch
  ) {
    if ignoresMerges {
      let id = trie.id(of: part)
      if id != PieceTrie.none { return ids.append(id) }
    }
    scratch.symbols.removeAll(keepingCapacity: true)
    addSymbols(part, to: &scratch)
    merge(&scratch)
    for symbol in scratch.symbols where !symbol.isMerged { ids.append(symbol.id) }
  }

  private func addSymbols(
    _ part: Slice<UnsafeBufferPointer<UInt8>>, to scratch: inout SegmentationScratch
  ) {
    var hasUnknown = false
    var index = part.startIndex
    while index < part.endIndex {
      let end = min(index + announcedLength(part[index]), part.endIndex)
      let isPlain =
        (continuingPrefix.isEmpty || index == part.startIndex)
        && (endSuffix.isEmpty || end < part.endIndex)
      if isPlain {
        add(part[index..<end], to: &scratch, &hasUnknown)
      } else {
        let prefix = index > part.startIndex ? continuingPrefix : []
        let suffix = end == part.endIndex ? endSuffix : []
        add(prefix + Array(part[index..<end]) + suffix, to: &scratch, &hasUnknown)
      }
      index = end
    }
    if hasUnknown, let unknown { scratch.addSymbol(unknown) }
  }

  /// Adds one character; an unknown one waits, because the next may be fused with it.
  @inline(__always)
  private func add(
    _ character: some Sequence<UInt8>, to scratch: inout SegmentationScratch,
    _ hasUnknown: inout Bool
  ) {
    let id = trie.id(of: character)
    if id != PieceTrie.none {
      if hasUnknown, let unknown { scratch.addSymbol(unknown) }
      hasUnknown = false
      scratch.addSymbol(id)
      return
    }
    if let byteIDs, character.allSatisfy({ byteIDs[Int($0)] >= 0 }) {
      // An unknown character that waits stays waiting, as in Hugging Face's.
      for byte in character { scratch.addSymbol(byteIDs[Int(byte)]) }
      return
    }
    guard let unknown else { return }
    if hasUnknown, !fusesUnknown { scratch.addSymbol(unknown) }
    hasUnknown = true
  }

  private func merge(_ scratch: inout SegmentationScratch) {
    let count = scratch.symbols.count
    if count < 2 { return }
    scratch.symbols[count - 1].next = -1
    scratch.merges.removeAll()
    for left in 0..<(count - 1) { push(left, left + 1, &scratch) }
    while let merge = scratch.merges.pop() {
      let left = Int(merge.left)
      let symbol = scratch.symbols[left]
      if symbol.isMerged || symbol.next < 0 { continue }
      let right = Int(symbol.next)
      // A merge since has changed one of the two, unless it comes to the same.
      guard let now = merges.merge(symbol.id, scratch.symbols[right].id),
        now.result == merge.result
      else { continue }
      let next = scratch.symbols[right].next
      scratch.symbols[left].id = merge.result
      scratch.symbols[left].next = next
      scratch.symbols[right].isMerged = true
      if next >= 0 {
        scratch.symbols[Int(next)].previous = merge.left
        push(left, Int(next), &scratch)
      }
      if symbol.previous >= 0 { push(Int(symbol.previous), left, &scratch) }
    }
  }

  @inline(__always)
  private func push(_ left: Int, _ right: Int, _ scratch: inout SegmentationScratch) {
    let pair = merges.merge(scratch.symbols[left].id, scratch.symbols[right].id)
    guard let pair else { return }
    scratch.merges.push(
      SegmentationScratch.Candidate(rank: pair.rank, left: Int32(left), result: pair.result))
  }
}
