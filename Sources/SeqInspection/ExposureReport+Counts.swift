internal import SeqMetrics

extension ExposureReport {
  /// Labels that are wrong, and whether the label before them was.
  public struct Errors: Codable, Hashable, Sendable {
    /// Tokens of references and their EOS.
    public private(set) var labels = 0
    /// Labels that are wrong.
    public private(set) var errors = 0
    /// Labels whose predecessor in the same reference is right; first labels have none.
    public private(set) var afterRight = 0
    /// Labels whose predecessor is wrong.
    public private(set) var afterError = 0
    /// Wrong labels whose predecessor is right.
    public private(set) var errorsAfterRight = 0
    /// Wrong labels whose predecessor is wrong.
    public private(set) var errorsAfterError = 0

    /// Right labels among all, 0–1.
    public var accuracy: Double { share(labels - errors, of: labels) }
    /// Errors that follow an error, among all errors, 0–1.
    public var shareAfterError: Double { share(errorsAfterError, of: errors) }
    /// The probability of an error after a right label, 0–1.
    public var rateAfterRight: Double { share(errorsAfterRight, of: afterRight) }
    /// The probability of an error after an error, 0–1.
    public var rateAfterError: Double { share(errorsAfterError, of: afterError) }

    init() {}

    /// Counts the labels of one reference, in their order.
    mutating func add(_ right: [Bool]) {
      labels += right.count
      errors += right.count { !$0 }
      for (previous, label) in zip(right, right.dropFirst()) {
        afterRight += previous ? 1 : 0
        afterError += previous ? 0 : 1
        errorsAfterRight += previous && !label ? 1 : 0
        errorsAfterError += !previous && !label ? 1 : 0
      }
    }

    enum CodingKeys: String, CodingKey {
      case labels, errors
      case afterRight = "after_right"
      case afterError = "after_error"
      case errorsAfterRight = "errors_after_right"
      case errorsAfterError = "errors_after_error"
    }

    enum ShareKeys: String, CodingKey {
      case accuracy
      case shareAfterError = "share_after_error"
      case rateAfterRight = "rate_after_right"
      case rateAfterError = "rate_after_error"
    }

    /// Writes the counts and their shares; reading takes the counts alone.
    public func encode(to encoder: any Encoder) throws {
      var counts = encoder.container(keyedBy: CodingKeys.self)
      try counts.encode(labels, forKey: .labels)
      try counts.encode(errors, forKey: .errors)
      try counts.encode(afterRight, forKey: .afterRight)
      try counts.encode(afterError, forKey: .afterError)
      try counts.encode(errorsAfterRight, forKey: .errorsAfterRight)
      try counts.encode(errorsAfterError, forKey: .errorsAfterError)
      var shares = encoder.container(keyedBy: ShareKeys.self)
      try shares.encode(accuracy, forKey: .accuracy)
      try shares.encode(shareAfterError, forKey: .shareAfterError)
      try shares.encode(rateAfterRight, forKey: .rateAfterRight)
      try shares.encode(rateAfterError, forKey: .rateAfterError)
    }
  }

  /// The edits of a token error rate.
  public struct Edits: Codable, Hashable, Sendable {
    /// Tokens of references that are kept.
    public private(set) var kept = 0
    /// Tokens of references with another in their place.
    public private(set) var substitutions = 0
    /// Tokens that stand for none of the reference.
    public private(set) var insertions = 0
    /// Tokens of references without any in their place.
    public private(set) var deletions = 0

    /// Kept tokens among those of the references, 0–1.
    public var keptShare: Double { share(kept, of: kept + substitutions + deletions) }
    /// Edits a token of the references, 0 upwards.
    public var rate: Double {
      share(substitutions + insertions + deletions, of: kept + substitutions + deletions)
    }

    init() {}

    mutating func add(_ counts: EditCounts) {
      kept += counts.hits
      substitutions += counts.substitutions
      insertions += counts.insertions
      deletions += counts.deletions
    }

    enum CodingKeys: String, CodingKey {
      case kept, substitutions, insertions, deletions
    }

    enum ShareKeys: String, CodingKey {
      case rate
      case keptShare = "kept_share"
    }

    /// Writes the counts and their shares; reading takes the counts alone.
    public func encode(to encoder: any Encoder) throws {
      var counts = encoder.container(keyedBy: CodingKeys.self)
      try counts.encode(kept, forKey: .kept)
      try counts.encode(substitutions, forKey: .substitutions)
      try counts.encode(insertions, forKey: .insertions)
      try counts.encode(deletions, forKey: .deletions)
      var shares = encoder.container(keyedBy: ShareKeys.self)
      try shares.encode(rate, forKey: .rate)
      try shares.encode(keptShare, forKey: .keptShare)
    }
  }

  /// How long what was written is, beside its references; tokens without EOS.
  public struct Lengths: Codable, Hashable, Sendable {
    /// Tokens of the references.
    public private(set) var referenceTokens = 0
    /// Tokens written.
    public private(set) var writtenTokens = 0
    /// Pairs that ended as long as their reference.
    public private(set) var equal = 0
    /// Pairs that ended shorter.
    public private(set) var shorter = 0
    /// Pairs that ended longer.
    public private(set) var longer = 0
    /// Pairs cut off at the greatest length, before the model said EOS.
    public private(set) var cutOff = 0

    /// Tokens written over tokens of the references.
    public var ratio: Double { share(writtenTokens, of: referenceTokens) }

    init() {}

    mutating func add(_ trace: ExposureTrace) {
      let (written, expected) = (trace.freeRunning.count, trace.reference.count)
      referenceTokens += expected
      writtenTokens += written
      if !trace.isFinished {
        cutOff += 1
      } else if written == expected {
        equal += 1
      } else if written < expected {
        shorter += 1
      } else {
        longer += 1
      }
    }

    enum CodingKeys: String, CodingKey {
      case equal, shorter, longer
      case cutOff = "cut_off"
      case referenceTokens = "reference_tokens"
      case writtenTokens = "written_tokens"
    }

    enum ShareKeys: String, CodingKey {
      case ratio
    }

    /// Writes the counts and their ratio; reading takes the counts alone.
    public func encode(to encoder: any Encoder) throws {
      var counts = encoder.container(keyedBy: CodingKeys.self)
      try counts.encode(referenceTokens, forKey: .referenceTokens)
      try counts.encode(writtenTokens, forKey: .writtenTokens)
      try counts.encode(equal, forKey: .equal)
      try counts.encode(shorter, forKey: .shorter)
      try counts.encode(longer, forKey: .longer)
      try counts.encode(cutOff, forKey: .cutOff)
      var shares = encoder.container(keyedBy: ShareKeys.self)
      try shares.encode(ratio, forKey: .ratio)
    }
  }

  /// The labels at one place of the references.
  public struct Position: Codable, Hashable, Sendable {
    /// From 1.
    public let position: Int
    /// References that have a label here, tokens and EOS.
    public private(set) var labels = 0
    /// Labels that are right under teacher forcing.
    public private(set) var teacherForcedRight = 0
    /// Labels that greedy search wrote at this place.
    public private(set) var freeRunningRight = 0
    /// References that have a token here.
    public private(set) var tokens = 0
    /// Tokens that the fewest edits keep, wherever greedy search wrote them.
    public private(set) var kept = 0

    /// Right labels under teacher forcing, 0–1.
    public var teacherForcedAccuracy: Double { share(teacherForcedRight, of: labels) }
    /// Right labels in free running, 0–1.
    public var freeRunningAccuracy: Double { share(freeRunningRight, of: labels) }

    init(_ position: Int) { self.position = position }

    mutating func add(forced: Bool, free: Bool, kept: Bool?) {
      labels += 1
      teacherForcedRight += forced ? 1 : 0
      freeRunningRight += free ? 1 : 0
      tokens += kept == nil ? 0 : 1
      self.kept += kept == true ? 1 : 0
    }

    enum CodingKeys: String, CodingKey {
      case position, labels, tokens, kept
      case teacherForcedRight = "teacher_forced_right"
      case freeRunningRight = "free_running_right"
    }
  }

  /// The pairs whose reference, or source, has one length.
  public struct PairsOfLength: Codable, Hashable, Sendable {
    /// Tokens without BOS and EOS.
    public let length: Int
    /// Pairs of this length.
    public private(set) var pairs = 0
    /// Pairs written without error.
    public private(set) var exactMatches = 0
    /// Tokens of the references and their EOS.
    public private(set) var labels = 0
    /// Labels that are right under teacher forcing.
    public private(set) var teacherForcedRight = 0
    /// Labels that greedy search wrote at their place.
    public private(set) var freeRunningRight = 0

    init(_ length: Int) { self.length = length }

    mutating func add(forced: [Bool], free: [Bool], isExact: Bool) {
      pairs += 1
      exactMatches += isExact ? 1 : 0
      labels += free.count
      teacherForcedRight += forced.count { $0 }
      freeRunningRight += free.count { $0 }
    }

    enum CodingKeys: String, CodingKey {
      case length, pairs, labels
      case exactMatches = "exact_matches"
      case teacherForcedRight = "teacher_forced_right"
      case freeRunningRight = "free_running_right"
    }
  }
}
