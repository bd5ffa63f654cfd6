/// The hypotheses of one sentence as a tree of tokens, each knowing the token before it.
///
/// Growing a hypothesis costs one entry, however long it is; its tokens are collected once, when
/// it ends.
struct Trellis {
  /// The node before the first token.
  static let root = -1

  private var parents: [Int32] = []
  private var tokens: [Int32] = []
  private var logProbabilities: [Float] = []

  /// Adds a token after a node and gives its node.
  mutating func append(_ token: Int32, logProbability: Float, after parent: Int) -> Int {
    parents.append(Int32(parent))
    tokens.append(token)
    logProbabilities.append(logProbability)
    return tokens.count - 1
  }

  /// The tokens from the root to a node, and their log-probabilities.
  func path(to node: Int) -> (tokens: [Int32], logProbabilities: [Float]) {
    var path: [Int] = []
    var node = node
    while node != Self.root {
      path.append(node)
      node = Int(parents[node])
    }
    path.reverse()
    return (path.map { tokens[$0] }, path.map { logProbabilities[$0] })
  }

  /// The last `count` tokens on the path to a node, or all if they are fewer.
  func lastTokens(_ count: Int, to node: Int) -> [Int32] {
    var found: [Int32] = []
    var node = node
    while node != Self.root && found.count < count {
      found.append(tokens[node])
      node = Int(parents[node])
    }
    return found.reversed()
  }

  /// The tokens that the paths to several nodes begin with.
  ///
  /// - Precondition: All are equally far from the root.
  func commonPath(to nodes: [Int]) -> [Int32] {
    var nodes = nodes
    while let first = nodes.first, first != Self.root, nodes.contains(where: { $0 != first }) {
      for index in nodes.indices { nodes[index] = Int(parents[nodes[index]]) }
    }
    return path(to: nodes.first ?? Self.root).tokens
  }
}
