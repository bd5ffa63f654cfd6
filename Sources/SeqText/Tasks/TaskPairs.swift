/// Pairs of a built-in task, made while they are walked through.
///
/// Memory does not grow with their number: each family of pairs is visited in an order that is
/// computed from the seed, and pairs of other folds are passed over.
public struct TaskPairs: Sequence, Sendable {
  /// The task that they belong to.
  public let task: BuiltInTask
  /// What they are for.
  public let fold: BuiltInTask.Fold
  /// How many are wanted; a fold that holds fewer ends earlier.
  public let count: Int

  private let families: [PairFamily]
  private let key: UInt64

  init(
    _ task: BuiltInTask, _ families: [PairFamily], fold: BuiltInTask.Fold, count: Int, seed: UInt64
  ) {
    self.task = task
    self.fold = fold
    self.count = count
    self.families = families
    var hash = FingerprintHasher()
    hash.add(task.rawValue.utf8)
    hash.add(seed)
    key = hash.value
  }

  /// Starts from the first pair.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// A walk through the pairs.
  public struct Iterator: IteratorProtocol {
    /// A family with the place its walk has come to.
    private struct Walk {
      let family: PairFamily
      let order: IndexPermutation
      var position = 0

      mutating func next(where isWanted: (TaskPair) -> Bool) -> TaskPair? {
        while position < family.count {
          defer { position += 1 }
          if let pair = family.pair(order[position]), isWanted(pair) { return pair }
        }
        return nil
      }
    }

    private let task: BuiltInTask
    private let fold: BuiltInTask.Fold
    private let draws: CountedDraws
    private var walks: [Walk]
    private var leftCount: Int
    private var drawCount: UInt64 = 0

    init(_ pairs: TaskPairs) {
      task = pairs.task
      fold = pairs.fold
      leftCount = pairs.count
      let keys = CountedDraws(key: pairs.key)
      draws = CountedDraws(key: keys.derivedKey(0))
      walks = pairs.families.enumerated().map { number, family in
        Walk(
          family: family,
          order: IndexPermutation(count: family.count, key: keys.derivedKey(UInt64(number) + 1)))
      }
    }

    /// The next pair; nil after the last that was wanted, or when the fold has no more.
    public mutating func next() -> TaskPair? {
      while leftCount > 0, let turn = drawnWalk() {
        if let pair = walks[turn].next(where: { task.fold(ofSource: $0.source) == fold }) {
          leftCount -= 1
          return pair
        }
        // Its share goes to the others.
        walks.remove(at: turn)
      }
      return nil
    }

    private mutating func drawnWalk() -> Int? {
      var rest = draws.uniform(at: drawCount) * walks.reduce(0) { $0 + $1.family.weight }
      drawCount += 1
      for (number, walk) in walks.enumerated() {
        rest -= walk.family.weight
        if rest < 0 { return number }
      }
      return walks.indices.last
    }
  }
}
