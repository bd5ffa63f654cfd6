/// A target that a search proposes for a source.
public struct Hypothesis: Hashable, Sendable {
  /// The tokens without BOS and EOS.
  public let tokens: [Int32]
  /// The sum of ``tokenLogProbabilities`` in double precision, nats.
  public let logProbability: Double
  /// What ranks it: ``logProbability`` after ``SearchOptions/lengthNormalization``.
  public let score: Double
  /// The log-probability of each token and, if ``stopReason`` is ``StopReason/endToken``, of EOS.
  public let tokenLogProbabilities: [Float]
  /// Why it has no further tokens.
  public let stopReason: StopReason

  /// A hypothesis of known parts, which are not checked against each other.
  public init(
    tokens: [Int32], logProbability: Double, score: Double, tokenLogProbabilities: [Float],
    stopReason: StopReason
  ) {
    self.tokens = tokens
    self.logProbability = logProbability
    self.score = score
    self.tokenLogProbabilities = tokenLogProbabilities
    self.stopReason = stopReason
  }
}

/// Why a hypothesis ends where it does.
public enum StopReason: String, Hashable, Sendable, Codable {
  /// The model said EOS.
  case endToken = "end_token"
  /// It has the most tokens allowed and was cut off without EOS.
  ///
  /// Its score lacks the price of EOS, so it ranks after every hypothesis that paid it; but with
  /// ``SearchOptions/ranksCutOff`` by its score among them.
  case maximumLength = "maximum_length"
  /// Every token that could follow has probability 0 or is forbidden.
  case noContinuation = "no_continuation"
}

/// What a search found for one source.
public struct SearchResult: Hashable, Sendable {
  /// One to ``SearchOptions/nBest`` hypotheses that differ in tokens: those that ended in EOS by
  /// falling score, then, if they are too few, others by falling score; with
  /// ``SearchOptions/ranksCutOff`` all by falling score alike.
  public let hypotheses: [Hypothesis]

  /// The first of ``hypotheses``.
  public var best: Hypothesis { hypotheses[0] }
}
