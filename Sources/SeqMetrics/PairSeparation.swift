/// Where a pair gets a second space besides the one between its members.
enum PairSide {
  case before, after
}

extension Array {
  /// Sets neighbours apart, from left to right; an element belongs to one pair only.
  ///
  /// This is the substitution `(a)(b)` → `\1 \2␠` or `␠\1 \2` of the mteval tokenisers.
  @inline(__always)
  func separatingPairs(
    with space: Element, _ side: PairSide, where isPair: (Element, Element) -> Bool
  ) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(count + count / 4)
    var index = 0
    while index < count {
      guard index + 1 < count, isPair(self[index], self[index + 1]) else {
        result.append(self[index])
        index += 1
        continue
      }
      if side == .before { result.append(space) }
      result.append(self[index])
      result.append(space)
      result.append(self[index + 1])
      if side == .after { result.append(space) }
      index += 2
    }
    return result
  }
}
