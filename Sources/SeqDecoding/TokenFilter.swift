/// A rule on what may come next, asked for every live hypothesis before each step.
///
/// The search asks the model for as many more candidates as a filter forbids, so a filter should
/// forbid few tokens at a time.
public protocol TokenFilter: Sendable {
  /// The tokens, each once, that may not follow the prefix.
  func forbiddenTokens(after prefix: Prefix) -> [Int32]
}

/// A live hypothesis as a ``TokenFilter`` sees it.
public struct Prefix {
  /// The number of tokens of the source.
  public let sourceLength: Int
  /// The number of tokens so far, BOS not counted.
  public let length: Int
  let trellis: Trellis
  let node: Int

  /// The tokens so far, without BOS; made at each call, at a cost linear in ``length``.
  public var tokens: [Int32] { trellis.path(to: node).tokens }
}

/// Forbids EOS as long as a target is shorter than its minimum.
struct MinimumLengthFilter: TokenFilter {
  let minimumLength: LengthLimit
  let maximumLength: LengthLimit
  let endToken: Int32

  func forbiddenTokens(after prefix: Prefix) -> [Int32] {
    // At the maximum a hypothesis may end even if the minimum is larger.
    let minimum = min(
      minimumLength.tokenCount(sourceLength: prefix.sourceLength),
      maximumLength.tokenCount(sourceLength: prefix.sourceLength))
    return prefix.length < minimum ? [endToken] : []
  }
}
