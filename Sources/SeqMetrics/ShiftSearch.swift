/// Tercom's greedy search for shifts, as sacreBLEU makes it: the edits behind ``TER``.
///
/// Finding the fewest edits with shifts is intractable, so as long as it helps the shift that lowers
/// the edit distance most is made. A shift takes words that stand in the reference, and stand wrong
/// on both sides, next to where the reference has them. Limits keep it fast and are part of the
/// definition: ten words a shift, over at most fifty places, at most about a thousand tries.
///
/// - SeeAlso: Snover et al. 2006, §3; sacreBLEU 2.6.0, whose order of search and limits these are.
struct ShiftSearch {
  static let maximumLength = 10
  static let maximumDistance = 50
  static let maximumTries = 1000

  private let reference: [Int32]
  private var distance: BeamEditDistance
  private var tries = 0

  /// Edits and shifts that lead from the hypothesis to the reference.
  static func edits(from hypothesis: [Int32], to reference: [Int32]) -> Int {
    if reference.isEmpty { return hypothesis.count }
    if hypothesis == reference { return 0 }
    var search = ShiftSearch(reference: reference, wordCount: hypothesis.count)
    return search.edits(from: hypothesis)
  }

  private init(reference: [Int32], wordCount: Int) {
    self.reference = reference
    distance = BeamEditDistance(reference: reference, wordCount: wordCount)
  }

  private mutating func edits(from hypothesis: [Int32]) -> Int {
    var words = hypothesis
    var shiftCount = 0
    while true {
      let edits = distance.measure(words)
      let best = bestShift(of: words, edits: edits)
      // A shift found on the last permitted try is not made.
      guard tries < Self.maximumTries, let best, best.gain > 0 else { return shiftCount + edits }
      words = best.applied(to: words)
      shiftCount += 1
    }
  }

  /// The shift that gains most; of equals the longest, then the first, then the one to the first
  /// place.
  private mutating func bestShift(of words: [Int32], edits: Int) -> Shift? {
    let alignment = distance.alignment(of: words)
    let wrongWords = runningSum(alignment.isWrongInHypothesis)
    let wrongInReference = runningSum(alignment.isWrongInReference)
    var best: Shift?
    for start in words.indices {
      let first = max(0, start - Self.maximumDistance)
      let last = min(reference.count - 1, start + Self.maximumDistance)
      guard first <= last else { break }
      for place in first...last where reference[place] == words[start] {
        for length in 1...matchLength(words, start, place) {
          guard wrongWords[start + length] > wrongWords[start],
            wrongInReference[place + length] > wrongInReference[place],
            !(start..<start + length).contains(alignment.positions[place])
          else { continue }
          var previous = -1
          for target in place - 1..<place + length {
            let target = target < 0 ? 0 : alignment.positions[target] + 1
            if target == previous { continue }
            previous = target
            var shift = Shift(start: start, length: length, target: target)
            shift.gain = edits - distance.distance(of: shift.applied(to: words), to: words)
            tries += 1
            if best.map({ shift.isBetter(than: $0) }) ?? true { best = shift }
          }
          if tries >= Self.maximumTries { return best }
        }
      }
    }
    return best
  }

  /// Words in a row that are equal, at most ``maximumLength``.
  private func matchLength(_ words: [Int32], _ start: Int, _ place: Int) -> Int {
    let end = min(Self.maximumLength, words.count - start, reference.count - place)
    var length = 0
    while length < end, words[start + length] == reference[place + length] { length += 1 }
    return length
  }
}

/// Words that move together.
private struct Shift {
  var start: Int
  var length: Int
  /// Before which word of the hypothesis they go.
  var target: Int
  /// By how much the edit distance falls.
  var gain = 0

  func isBetter(than other: Shift) -> Bool {
    (gain, length, -start, -target) > (other.gain, other.length, -other.start, -other.target)
  }

  /// The words in their new order.
  ///
  /// A target inside the moved words means as many places after them.
  func applied(to words: [Int32]) -> [Int32] {
    let moved = words[start..<start + length]
    let before = words[..<start]
    let after = words[(start + length)...]
    if target < start {
      return Array(words[..<target] + moved + words[target..<start] + after)
    }
    let places = target > start + length ? target - start - length : target - start
    let skipped = min(places, after.count)
    return Array(before + after.prefix(skipped) + moved + after.dropFirst(skipped))
  }
}

/// Sums of the first 0, 1, … elements.
private func runningSum(_ flags: [Bool]) -> [Int] {
  flags.reduce(into: [0]) { sums, flag in sums.append(sums[sums.count - 1] + (flag ? 1 : 0)) }
}
