internal import SeqModels

/// Proves the ten rules of masks, shifts and caches on a model, or finds where one is broken.
///
///     let report = try Doctor().examine(PaddedModel(loaded.model), name: "runs/fr-en")
///     print(report.text)
///
/// Each rule is examined on small batches of random ids, with sentences of one to seven tokens: by
/// perturbation (something that must not count is changed, and nothing may change), by gradient
/// (what must not count has a gradient of exactly zero) and by looking at attention, as far as the
/// model offers it. Nothing is asked of what the model has learned: fresh parameters do.
///
/// Rules that length or rounding may break, 1, 2, 3, 9 and 10, are examined twice more, without
/// gradients: on a sentence of forty tokens, or as many as it takes to leave the window of the encoder
/// and to reach distances that are no longer told apart; and, where the model is kept in other numbers
/// than float32, in these. Neither is done where a rule is broken already.
///
/// How a difference is told from rounding:
/// - Where two batches have the same shape (rules 1, 3, 5) the same operations run on the same
///   numbers, so that what must not change should not change by a bit. Allowed is ``rounding``, a few
///   units in the last place of the largest log-probability, and eight times what two runs of the same
///   batch differ by, which is nothing unless the model is not deterministic.
/// - Where shapes differ (rules 2, 10) products may sum in another order. Allowed is ``tolerance``, and
///   in other numbers than float32 twice what these change of the results.
/// - A gradient or a weight that must be zero must be exactly zero: float32 gives exp(−∞) = 0 and
///   x · 0 = 0, whatever was multiplied. No leak is too small for that.
///
/// A fresh model says nearly the same of everything, so a leak in it is small: but what may count is
/// small too. The doctor measures how much a real token changes the result; where that is not ten
/// times what is allowed, silence proves nothing, and the rule is reported as not examined.
public struct Doctor: Hashable, Sendable {
  /// What ids and batches are drawn from.
  public var seed: UInt64
  /// How much computations of different shapes may differ, as a share of the largest
  /// log-probability or, for a layer's states, of the largest state.
  public var tolerance: Float
  /// The same for computations of one shape.
  public var rounding: Float

  /// A doctor; the shares are meant for float32.
  public init(seed: UInt64 = 1, tolerance: Float = 2e-5, rounding: Float = 1e-6) {
    self.seed = seed
    self.tolerance = tolerance
    self.rounding = rounding
  }

  /// Examines all ten rules.
  ///
  /// It takes about a hundred forward passes of small batches, and about ten backward.
  ///
  /// - Parameters:
  ///   - model: what is examined.
  ///   - name: what the report calls it.
  /// - Returns: a verdict for every rule, with its evidence.
  /// - Throws: ``DoctorError`` when the model cannot be examined at all, and what it throws itself.
  public func examine(
    _ model: some ExaminedModel, name: String = "model"
  ) throws -> DoctorReport {
    let first = try Examination(of: model, by: self)
    let further =
      first.isNumeric
      ? try [first.onLongSentences(), first.inOwnPrecision()].compactMap { $0 } : []
    let rules = try MaskRule.allCases.map { rule in
      var notes = RuleNotes(rule)
      try first.examine(rule, into: &notes)
      for other in further where rule.isExaminedFurther && !notes.hasFindings {
        try other.examine(rule, into: &notes)
      }
      return notes.report
    }
    return DoctorReport(
      model: name, seed: seed, rules: rules, note: TellingLength(of: model).note)
  }
}

/// Why a model cannot be examined at all.
public enum DoctorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A side has fewer than two ids beside the special ones.
  case fewIDs(side: BatchSide, count: Int)
  /// The model takes too few tokens for anything to be hidden.
  case shortLimit(Int)
  /// An answer has other extents than the batch asks for.
  case wrongExtents(answer: String, found: [Int], expected: [Int])
  /// The exponentials of a row of log-probabilities do not sum to one.
  case noDistribution(sum: Double)

  /// What was found, what is expected and what helps.
  public var description: String {
    switch self {
    case .fewIDs(let side, let count):
      "the \(side.rawValue) vocabulary has \(count) ids beside padding, BOS and EOS, "
        + "expected at least 2: give the model a larger vocabulary"
    case .shortLimit(let limit):
      "the model takes \(limit) tokens, expected at least 4: give it a higher limit of length"
    case .wrongExtents(let answer, let found, let expected):
      "\(answer): extents \(found), expected \(expected)"
    case .noDistribution(let sum):
      "log-probabilities: the probabilities of a row sum to \(shortNumber(sum)), expected 1: "
        + "take the logarithm of the softmax of logits"
    }
  }
}
