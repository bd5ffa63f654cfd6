public import SeqDecoding

/// How a model that came from elsewhere is meant to be searched: what its makers wrote down beside
/// its sizes, under `generation` in `config.json`.
///
/// Demands on tokens hold for every search; sizes and penalties only where nobody says otherwise.
public struct GenerationSettings: Codable, Hashable, Sendable {
  /// The token that every target begins with, at no cost; nil demands none.
  public var firstToken: Int32?
  /// The token that ends a target of the greatest length, at no cost; nil leaves it cut off.
  public var lastToken: Int32?
  /// Token sequences that never come.
  public var forbiddenPhrases: [[Int32]]
  /// The most tokens of a target before EOS.
  public var maximumLength: Int?
  /// The fewest tokens of a target before EOS.
  public var minimumLength: Int?
  /// Hypotheses kept at every step.
  public var beamSize: Int?
  /// The exponent of ``LengthNormalization/power(alpha:)``.
  public var lengthPenalty: Double?
  /// Whether a search stops as soon as as many hypotheses have ended as the beam holds.
  public var stopsEarly: Bool?
  /// No sequence of so many tokens comes twice.
  public var noRepeatNGram: Int?
  /// What log-probabilities of tokens said already are multiplied by.
  public var repetitionPenalty: Double?

  /// Settings that demand nothing unless told.
  public init(
    firstToken: Int32? = nil, lastToken: Int32? = nil, forbiddenPhrases: [[Int32]] = [],
    maximumLength: Int? = nil, minimumLength: Int? = nil, beamSize: Int? = nil,
    lengthPenalty: Double? = nil, stopsEarly: Bool? = nil, noRepeatNGram: Int? = nil,
    repetitionPenalty: Double? = nil
  ) {
    self.firstToken = firstToken
    self.lastToken = lastToken
    self.forbiddenPhrases = forbiddenPhrases
    self.maximumLength = maximumLength
    self.minimumLength = minimumLength
    self.beamSize = beamSize
    self.lengthPenalty = lengthPenalty
    self.stopsEarly = stopsEarly
    self.noRepeatNGram = noRepeatNGram
    self.repetitionPenalty = repetitionPenalty
  }

  /// The search that is meant, where nothing else is said.
  public var options: SearchOptions {
    SearchOptions(
      beamSize: beamSize ?? 1, lengthNormalization: .power(alpha: lengthPenalty ?? 1),
      minimumLength: minimumLength.map { LengthLimit(constant: Double($0)) } ?? 0,
      maximumLength: maximumLength.map { LengthLimit(constant: Double($0)) } ?? 256,
      stoppingRule: stopsEarly == true ? .firstFinished : .noneBetter, ranksCutOff: ranksCutOff)
  }

  /// Whether a target of the greatest length without EOS is ranked among those that have it: yes unless
  /// one is forced there.
  public var ranksCutOff: Bool { lastToken == nil }

  /// The rules of the search that is meant, where nothing else is said.
  public var processors: [any ScoreProcessor] {
    var processors: [any ScoreProcessor] = []
    if let repetitionPenalty {
      processors.append(RepetitionPenalty(factor: Float(repetitionPenalty)))
    }
    if let noRepeatNGram { processors.append(NoRepeatNGram(size: noRepeatNGram)) }
    return processors + demands
  }

  /// The rules that hold for every search.
  public var demands: [any ScoreProcessor] {
    var processors: [any ScoreProcessor] = []
    if !forbiddenPhrases.isEmpty { processors.append(ForbiddenPhrases(forbiddenPhrases)) }
    if let lastToken {
      processors.append(CertainToken(lastToken, at: .end))
    }
    if let firstToken { processors.append(CertainToken(firstToken, at: .first)) }
    return processors
  }

  /// Far above any count, far below what would overflow.
  package static let largestCount = Int(Int32.max)

  /// What makes no sense for a vocabulary, in words.
  package func problems(vocabularySize: Int) -> [String] {
    let ids = [firstToken, lastToken].compactMap { $0 } + forbiddenPhrases.joined()
    var problems = ids.filter { $0 < 0 || $0 >= vocabularySize }.prefix(1).map {
      "generation names the token \($0), outside the vocabulary of \(vocabularySize)"
    }
    let counts = [
      ("maximum_length", maximumLength, 0), ("minimum_length", minimumLength, 0),
      ("beam_size", beamSize, 1), ("no_repeat_n_gram", noRepeatNGram, 1),
    ]
    for case (let key, let count?, let least) in counts
    where !(least...Self.largestCount).contains(count) {
      problems.append(
        "generation has a \(key) of \(count), not from \(least) to \(Self.largestCount)")
    }
    if let repetitionPenalty {
      // As a search takes it.
      let factor = Float(repetitionPenalty)
      if !(factor > 0 && factor.isFinite) {
        problems.append(
          "generation has a repetition_penalty of \(repetitionPenalty), no number above 0")
      }
    }
    return problems
  }
}
