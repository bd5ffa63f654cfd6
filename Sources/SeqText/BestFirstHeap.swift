/// What a heap orders: whether one element comes out before another.
protocol HeapOrdered {
  func precedes(_ other: Self) -> Bool
}

/// A binary heap, the first element on top; its memory is kept when it is emptied.
struct BestFirstHeap<Element: HeapOrdered> {
  private var elements: [Element] = []

  mutating func removeAll() { elements.removeAll(keepingCapacity: true) }

  @inline(__always)
  mutating func push(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0, elements[child].precedes(elements[(child - 1) / 2]) {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the first element out, nil when there is none.
  @inline(__always)
  mutating func pop() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let top = elements.first else { return last }
    elements[0] = last
    var parent = 0
    while true {
      var best = parent
      let left = 2 * parent + 1
      if left < elements.count, elements[left].precedes(elements[best]) { best = left }
      if left + 1 < elements.count, elements[left + 1].precedes(elements[best]) { best = left + 1 }
      if best == parent { return top }
      elements.swapAt(parent, best)
      parent = best
    }
  }
}
