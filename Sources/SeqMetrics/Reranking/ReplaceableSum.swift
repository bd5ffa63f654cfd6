/// The sum of a row of statistics of which one may be replaced, at the cost of a few additions.
///
/// A binary tree of partial sums: counts need only be added, never taken away.
struct ReplaceableSum<Statistics: MetricStatistics> {
  private var nodes: [Statistics]
  private let leafCount: Int

  init(_ values: [Statistics], empty: Statistics) {
    var leafCount = 1
    while leafCount < values.count { leafCount *= 2 }
    self.leafCount = leafCount
    nodes = Array(repeating: empty, count: 2 * leafCount)
    nodes.replaceSubrange(leafCount..<leafCount + values.count, with: values)
    for node in (1..<max(leafCount, 1)).reversed() { add(node) }
  }

  var total: Statistics { nodes[1] }

  mutating func replace(_ place: Int, by value: Statistics) {
    var node = leafCount + place
    nodes[node] = value
    while node > 1 {
      node /= 2
      add(node)
    }
  }

  private mutating func add(_ node: Int) {
    nodes[node] = nodes[2 * node]
    nodes[node] += nodes[2 * node + 1]
  }
}
