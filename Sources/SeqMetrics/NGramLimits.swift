/// How often each n-gram of a segment's references may be matched: its highest count in any one.
struct NGramLimits {
  let maximumOrder: Int
  private var paths = PathTable()
  /// By node of `paths`.
  private var limits: [Int32] = [0]

  /// Counts every n-gram of 1 to `maximumOrder` tokens.
  ///
  /// Cost: `maximumOrder` steps a token.
  init(references: [[Int32]], maximumOrder: Int) {
    self.maximumOrder = maximumOrder
    for tokens in references {
      var counts = [Int32](repeating: 0, count: paths.nodeCount)
      for start in tokens.indices {
        var node: Int32 = 0
        for token in tokens[start..<min(start + maximumOrder, tokens.count)] {
          node = paths.addChild(of: node, by: token)
          if Int(node) == counts.count { counts.append(0) }
          counts[Int(node)] += 1
        }
      }
      limits.append(contentsOf: repeatElement(0, count: counts.count - limits.count))
      for node in counts.indices { limits[node] = max(limits[node], counts[node]) }
    }
  }

  /// How many n-grams of `tokens` find one to match, by order from 1.
  ///
  /// An n-gram that occurs more often than its limit is matched that many times: BLEU's clipping.
  func matches(in tokens: [Int32]) -> [Int] {
    var matches = [Int](repeating: 0, count: maximumOrder)
    var left = limits
    for start in tokens.indices {
      var node: Int32 = 0
      for (order, token) in tokens[start..<min(start + maximumOrder, tokens.count)].enumerated() {
        // A prefix that no reference has ends the walk: longer n-grams cannot match either.
        guard let child = paths.child(of: node, by: token) else { break }
        node = child
        guard left[Int(node)] > 0 else { continue }
        left[Int(node)] -= 1
        matches[order] += 1
      }
    }
    return matches
  }
}
