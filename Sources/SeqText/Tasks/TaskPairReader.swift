/// Pairs of a built-in task in the form that files give them.
final class TaskPairReader {
  private let pairs: TaskPairs
  private var iterator: TaskPairs.Iterator
  private var madeCount = 0

  init(_ pairs: TaskPairs) {
    self.pairs = pairs
    iterator = pairs.makeIterator()
  }

  /// The next pair, its number in place of a line's; nil after the last.
  ///
  /// - Throws: ``TextError`` when the fold has fewer pairs than are wanted.
  func next() throws(TextError) -> TextPair? {
    if let pair = iterator.next() {
      madeCount += 1
      return TextPair(
        line: madeCount, source: Array(pair.source.utf8), target: Array(pair.target.utf8))
    }
    guard madeCount == pairs.count else {
      throw TextError(
        .configuration,
        found: "\(pairs.count) \(pairs.fold.rawValue) pairs of the task \(pairs.task.rawValue)",
        expected: "at most \(madeCount), all that there are", hint: "Lower pair_count.")
    }
    return nil
  }
}
