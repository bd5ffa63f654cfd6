package import SeqModels
package import SeqOptimizers
package import SeqTensors
package import SeqKernels

/// How a model learns from pairs: what its decoder reads, what its loss is, and what is trained
/// beside it.
///
/// A regime is one file here and one case of ``RegimeConfiguration``. It computes one slice of a
/// batch at a time, on whatever worker it falls to: what it draws is keyed by
/// ``TrainingSlice/key`` and by row ids, so that neither slices nor workers change what is learned.
package protocol TrainingRegime: Sendable {
  /// The parameters that it trains beside the model's; their gradients are a context's
  /// ``Context/auxiliaryGradients``.
  var ownStore: ParameterStore? { get }

  /// Computes a slice forward and back: the gradient of its summed loss is added to the training
  /// context's gradients.
  func learn(from slice: TrainingSlice) throws -> LearningSums

  /// Called when the model has been updated, before the next step.
  ///
  /// Here parameters of its own are updated, at rates that follow the model's: `rateShare` is that as a
  /// share of its peak. What is learned of `figures`, the step's, takes effect from the next step on.
  func finishStep(
    _ figures: ReportFigures, rateShare: Double, ownGradients: [GradientBuffer], pool: ComputePool
  ) throws

  /// What it must find again when training goes on from a checkpoint, arrays by name.
  var slots: [RegimeSlot] { get }
  /// The same, numbers by name.
  var numbers: [String: Double] { get }
  /// Puts back ``numbers``, after `stepCount` steps; the slots are written to directly.
  func restore(numbers: [String: Double], stepCount: Int)
}

/// Numbers that a regime remembers, by a name that checkpoints know; valid while the regime lives.
package typealias RegimeSlot = (
  name: String, shape: Shape, values: UnsafeMutableBufferPointer<Float>
)

extension TrainingRegime {
  package var ownStore: ParameterStore? { nil }
  package var slots: [RegimeSlot] { [] }
  package var numbers: [String: Double] { [:] }
  package func finishStep(
    _ figures: ReportFigures, rateShare: Double, ownGradients: [GradientBuffer], pool: ComputePool
  ) throws {}
  package func restore(numbers: [String: Double], stepCount: Int) {}
}

/// Some pairs of a batch, with everything a regime needs to learn from them.
package struct TrainingSlice {
  /// The pairs, their rows numbered within the batch.
  package var pairs: [TokenBatch.Pair]
  /// What learns.
  package var model: any EncoderDecoder
  /// The worker's contexts; the training one is where gradients are summed.
  package var contexts: WorkerContexts
  /// The share of probability spread evenly over the vocabulary, 0 ..< 1.
  package var labelSmoothing: Double
  /// When in the run this is.
  package var moment: TrainingMoment
  /// Names the random draws of the batch.
  package var key: UInt64
  /// What the loss on alignments counts, where pairs have links.
  package var alignmentWeight: Double
  /// What a loss that counts sentences is multiplied by, so that after the division by tokens, if
  /// that is what a step divides by, it is a mean over sentences.
  package var sentenceScale: Float
  /// The tokens to compute at once at most, where a regime makes more of a pair than one.
  package var tokenLimit: Int
  /// Whether this is only to see what memory it takes: everything is computed that ever is.
  package var isRehearsal: Bool

  package init(
    pairs: [TokenBatch.Pair], model: any EncoderDecoder, contexts: WorkerContexts,
    labelSmoothing: Double = 0, moment: TrainingMoment, key: UInt64, alignmentWeight: Double = 0,
    sentenceScale: Float = 1, tokenLimit: Int = SliceMemory.fullSlice,
    isRehearsal: Bool = false
  ) {
    self.pairs = pairs
    self.model = model
    self.contexts = contexts
    self.labelSmoothing = labelSmoothing
    self.moment = moment
    self.key = key
    self.alignmentWeight = alignmentWeight
    self.sentenceScale = sentenceScale
    self.tokenLimit = tokenLimit
    self.isRehearsal = isRehearsal
  }

  /// The slice as the model computes with it: inputs BOS + target, labels target + EOS.
  package var batch: TokenBatch {
    TokenBatch(pairs, model.specialTokens)
  }

  /// Target tokens, EOS included.
  package var targetTokenCount: Int { pairs.reduce(0) { $0 + $1.target.count + 1 } }

  /// A key for draws of a kind, apart from those of dropout.
  package func key(for use: String) -> UInt64 {
    CountedRandom.hash([key, CountedRandom.hash(use)])
  }

  /// Cross-entropy of the gold labels and, where pairs have links, the loss on alignments, forward and
  /// back; `feed` decides what the decoder reads, nil is teacher forcing.
  package func learnLabels(feed: (any InputFeed)? = nil, scale: Float = 1) -> LearningSums {
    let context = contexts.training
    context.seedDropout(key)
    let batch = batch
    let states = model.states(of: batch, feed: feed, in: context)
    var (loss, losses) = model.loss(
      states, labels: batch.labels, labelSmoothing: labelSmoothing, scale: scale)
    var sums = LearningSums(losses)
    if let guiding = guidingLoss(states, batch, scale: scale, &sums.figures) {
      loss = loss + guiding
    }
    loss.backward()
    return sums
  }

  /// The loss on alignments, where pairs have links and the configuration wants it.
  func guidingLoss(
    _ states: DecodedStates, _ batch: TokenBatch, scale: Float = 1, _ figures: inout ReportFigures
  ) -> Tensor? {
    guard alignmentWeight > 0, let weights = states.weights, !batch.alignment.isEmpty else {
      return nil
    }
    let (guiding, sum, count) = weights.alignmentLoss(
      batch.alignment, scale: scale * Float(alignmentWeight))
    figures.add("alignment_loss", sum: sum, weight: Double(count))
    return guiding
  }

  /// The same sums under teacher forcing, without a gradient.
  package func labelLosses() -> LossSums {
    let context = contexts.training
    context.seedDropout(key)
    return context.aside(recording: false) {
      let batch = batch
      return model.loss(
        model.states(of: batch, in: context), labels: batch.labels,
        labelSmoothing: labelSmoothing, scale: 1
      ).sums
    }
  }
}

/// When in a run something is computed.
package struct TrainingMoment: Hashable, Sendable {
  /// The step being made, from 1.
  package var step: Int
  /// The run's last step, as far as it is known.
  package var lastStep: Int?

  package init(step: Int, lastStep: Int? = nil) {
    self.step = step
    self.lastStep = lastStep
  }
}

/// What a regime has to say of pairs it learned from.
package struct LearningSums: Sendable {
  /// Of the gold labels.
  package var losses: LossSums
  /// What else is reported.
  package var figures: ReportFigures

  package init(_ losses: LossSums = LossSums(), _ figures: ReportFigures = ReportFigures()) {
    self.losses = losses
    self.figures = figures
  }

  package static func += (left: inout LearningSums, right: LearningSums) {
    left.losses += right.losses
    left.figures += right.figures
  }
}
