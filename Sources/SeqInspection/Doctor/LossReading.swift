internal import SeqModels

/// A way to turn log-probabilities and targets into a loss: the right one, or one of the usual
/// mistakes.
struct LossReading: Hashable {
  /// Which token position t, counted from BOS at 0, is taught to say.
  enum Labels: Hashable, CaseIterable {
    /// The next one, EOS after the last.
    case shiftedByOne
    /// The one it has just read.
    case unshifted
    /// The one after the next.
    case shiftedByTwo
    /// The next one, but the last position learns nothing.
    case withoutEnd
    /// The next one, and padding after EOS.
    case withPadding
  }

  /// What the sum is divided by.
  enum Reduction: Hashable, CaseIterable {
    case sum
    /// Labels.
    case perToken
    /// Labels that the reading counts.
    case perCountedLabel
    case perSentence
    /// The mean over sentences of their means.
    case perTokenThenSentence
    /// All positions of the padded tensor.
    case perPosition
  }

  let labels: Labels
  let reduction: Reduction

  /// Every way, right ones first.
  static let all: [LossReading] = Labels.allCases.flatMap { labels in
    Reduction.allCases.map { LossReading(labels: labels, reduction: $0) }
  }

  /// Whether it may be trained on: the right labels, and padding adds nothing to the divisor.
  var isRight: Bool { labels == .shiftedByOne && reduction != .perPosition }

  /// What is wrong, in words.
  var mistake: String {
    switch labels {
    case .unshifted:
      "the labels are not shifted: every position learns to say what it has just read"
    case .shiftedByTwo:
      "the labels are shifted by two: every position learns the token after the next"
    case .withoutEnd: "the EOS label is dropped: nothing learns where to end"
    case .withPadding: "padding after EOS is counted as a label"
    case .shiftedByOne: "the sum is divided by all positions, padding among them"
    }
  }

  /// The loss of sentences in this reading, in nats; nil where a label does not exist.
  ///
  /// `values` are log-probabilities of the padded inputs that the targets make.
  func loss(of values: PaddedValues, targets: [[Int32]], _ tokens: LabelTokens) -> Double {
    let length = values.extents[1]
    var (total, counted, means) = (0.0, 0, 0.0)
    for (sentence, target) in targets.enumerated() {
      let labels = labels(target, length: length, tokens)
      let sum = labels.reduce(0.0) { sum, label in
        let row = values[BatchPlace(sentence: sentence, position: label.position)]
        return sum - Double(row[row.startIndex + Int(label.token)])
      }
      total += sum
      counted += labels.count
      means += sum / Double(max(labels.count, 1))
    }
    let tokenCount = targets.reduce(0) { $0 + $1.count + 1 }
    switch reduction {
    case .sum: return total
    case .perToken: return total / Double(tokenCount)
    case .perCountedLabel: return total / Double(max(counted, 1))
    case .perSentence: return total / Double(targets.count)
    case .perTokenThenSentence: return means / Double(targets.count)
    case .perPosition: return total / Double(length * targets.count)
    }
  }

  private func labels(
    _ target: [Int32], length: Int, _ tokens: LabelTokens
  ) -> [(position: Int, token: Int32)] {
    let all = [tokens.begin] + target + [tokens.end]
    let shift: Int
    var count = target.count + 1
    switch labels {
    case .shiftedByOne: shift = 1
    case .unshifted: shift = 0
    case .shiftedByTwo: (shift, count) = (2, target.count)
    case .withoutEnd: (shift, count) = (1, target.count)
    case .withPadding: (shift, count) = (1, length)
    }
    return (0..<count).map { position in
      (position, position + shift < all.count ? all[position + shift] : tokens.padding)
    }
  }
}

/// The special tokens among labels.
struct LabelTokens {
  let begin: Int32
  let end: Int32
  let padding: Int32

  init(_ model: any ExaminedModel) {
    (begin, end, padding) = (model.beginToken, model.endToken, model.paddingToken)
  }
}

/// Target sentences as a loss sees them, with the log-probabilities of their inputs.
struct LossSample {
  let sources: PaddedTokens
  let targets: PaddedTokens
  private let sentences: [[Int32]]
  private let values: PaddedValues

  /// Sentences with padding behind the longest.
  init(_ sample: SentenceSample, room: Int, _ answers: AnswerChecker) throws {
    sources = sample.padded(sample.sources, room: room)
    targets = sample.padded(sample.targets, room: room)
    sentences = sample.targets
    values = try answers.logProbabilities(sample.batch(room: room))
  }

  /// The loss in one reading.
  func loss(_ reading: LossReading, _ tokens: LabelTokens) -> Double {
    reading.loss(of: values, targets: sentences, tokens)
  }
}
