/// Finitely many pairs of one kind, any of which is made from its number alone.
package struct PairFamily: Sendable {
  /// The family's share of a task's draws, relative to the others'.
  let weight: Double
  /// Numbers are below it.
  package let count: Int
  /// The pair of a number; nil for a number that stands for none, or for the pair of another.
  ///
  /// No two pairs of a task have the same source.
  package let pair: @Sendable (Int) -> TaskPair?

  init(weight: Double, count: Int, pair: @escaping @Sendable (Int) -> TaskPair?) {
    self.weight = weight
    self.count = count
    self.pair = pair
  }

  /// All combinations of independent choices; `pair` gets one number below each count.
  init(weight: Double, choices: [Int], pair: @escaping @Sendable ([Int]) -> TaskPair?) {
    self.init(weight: weight, count: choices.reduce(1, *)) { number in
      var rest = number
      return pair(
        choices.map { count in
          defer { rest /= count }
          return rest % count
        })
    }
  }
}
