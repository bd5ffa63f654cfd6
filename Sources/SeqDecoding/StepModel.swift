/// A model as a search sees it: sources in, then one step at a time over rows of explicit state.
///
/// A row is one partial target. The state has one row for each source at first; a search spreads
/// the rows over its hypotheses and drops those of finished sentences with ``reorder(_:rows:)``.
/// The scores of a row must depend on its own source and tokens only, never on the other rows:
/// then a sentence's result does not depend on the batch it sits in.
public protocol StepModel {
  /// What the model remembers between steps, one entry a row: encoded sources, caches, positions.
  associatedtype State

  /// The number of target tokens; ids are `0 ..< vocabularySize`.
  var vocabularySize: Int { get }

  /// The number of ids that the rows of a state have scores for: ``vocabularySize`` unless sources
  /// have words of their own, whose ids follow. It does not change while the state is advanced.
  func wordCount(of state: State) -> Int

  /// The token every row is fed first, BOS.
  var beginToken: Int32 { get }

  /// The token that ends a target, EOS.
  var endToken: Int32 { get }

  /// Tokens that have scores but never come out: BOS, padding.
  ///
  /// Their probability is not given to others: a hypothesis has the score that the model gives it.
  var excludedTokens: [Int32] { get }

  /// The most steps a row can make, or nil if there is no such number.
  ///
  /// A model with a table of learned positions gives the table's size; a target then has at most
  /// one token fewer, since the first step is fed BOS.
  var stepLimit: Int? { get }

  /// Encodes the sources and gives a state with one row for each, in their order.
  func start(sources: [[Int32]]) throws -> State

  /// Whether steps can say what was attended to.
  var givesAttention: Bool { get }

  /// Feeds every row its last token and gives each row's likeliest next tokens, and of some rows
  /// the score of every token.
  ///
  /// - Parameters:
  ///   - tokens: `[rows]`, one token for each row of `state`.
  ///   - state: advanced by one position.
  ///   - request: what is wanted of the scores.
  /// - Returns: As many candidates for each row, in the order of the rows, the whole rows and the
  ///   attention that were asked for.
  /// - Throws: What the model finds wrong; the search ends with it.
  func step(_ tokens: [Int32], state: inout State, _ request: StepRequest) throws -> BestScores

  /// Makes row `i` a copy of the former row `rows[i]`, for every `i`.
  ///
  /// `rows` may be shorter or longer than before. It is never empty, never the identity, and never
  /// decreases from one sentence to the next: the rows of a sentence stay adjacent.
  func reorder(_ state: inout State, rows: [Int])
}

extension StepModel {
  /// The vocabulary's.
  public func wordCount(of state: State) -> Int { vocabularySize }
  /// No limit.
  public var stepLimit: Int? { nil }
  /// No.
  public var givesAttention: Bool { false }
}

/// What a search wants to know of one step.
public struct StepRequest: Hashable, Sendable {
  /// Candidates of every row, at least 1 and at most the vocabulary.
  public var best: Int
  /// The rows, ascending, of which the whole distribution is wanted too; mostly none.
  public var wholeRows: [Int]
  /// Whether the weights that rows gave to source tokens are wanted; only of a model that
  /// ``StepModel/givesAttention``.
  public var attention: Bool

  /// By default the likeliest token of every row and nothing else.
  public init(best: Int = 1, wholeRows: [Int] = [], attention: Bool = false) {
    self.best = best
    self.wholeRows = wholeRows
    self.attention = attention
  }
}
