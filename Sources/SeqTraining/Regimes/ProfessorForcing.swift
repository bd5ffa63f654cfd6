internal import SeqKernels
internal import SeqLayers
internal import SeqModels
internal import SeqOptimizers
internal import SeqTensors

/// A discriminator learns to tell the decoder's behaviour over gold targets from that over targets it
/// has drawn itself; the decoder learns the labels, and to leave no difference.
///
/// Behaviour is the decoder's last states and, if one likes, what it says in them. Targets are drawn
/// as the model decodes, without dropout, and then read again as in training, with it: no gradient
/// flows through a draw. The discriminator learns only while it errs, and its verdict counts only when
/// it is mostly right: by the accuracy of the step before.
///
/// - SeeAlso: Lamb et al. 2016, arXiv:1610.09038.
public struct ProfessorForcing: Codable, Hashable, Sendable {
  /// What of the discriminator's states its verdict rests on.
  public enum Pooling: String, Codable, Hashable, Sendable, CaseIterable {
    /// Their mean over the target.
    case mean
    /// The last of each direction.
    case last
  }

  /// The discriminator's units in each of its two directions.
  public var discriminatorSize: Int
  /// How its states become one vector.
  public var pooling: Pooling
  /// Whether it also sees the distribution over tokens that each state gives.
  public var seesOutputs: Bool
  /// What the loss of being told apart, once for a target, is multiplied by beside the cross-entropy of all
  /// its tokens; the paper has 1.
  public var generatorWeight: Double
  /// Whether behaviour over gold targets is pushed towards free running too.
  public var twoSided: Bool
  /// The discriminator learns in a step only if its accuracy was below this, 0–1.
  public var trainBelow: Double
  /// The generator's loss counts in a step only if the discriminator's accuracy was above this.
  public var countAbove: Double
  /// The discriminator's learning rate, Adam's, where the model's is at its peak; it rises and falls with
  /// that.
  public var discriminatorRate: Double
  /// What targets are drawn at: 1 is the model's own distribution.
  public var temperature: Double

  /// The gates are by default those of the paper.
  public init(
    discriminatorSize: Int = 128, pooling: Pooling = .mean, seesOutputs: Bool = true,
    generatorWeight: Double = 1, twoSided: Bool = false, trainBelow: Double = 0.99,
    countAbove: Double = 0.75, discriminatorRate: Double = 1e-3, temperature: Double = 1
  ) {
    self.discriminatorSize = discriminatorSize
    self.pooling = pooling
    self.seesOutputs = seesOutputs
    self.generatorWeight = generatorWeight
    self.twoSided = twoSided
    self.trainBelow = trainBelow
    self.countAbove = countAbove
    self.discriminatorRate = discriminatorRate
    self.temperature = temperature
  }
}

/// Tells how a decoder behaves over gold targets from how it behaves over its own: a bidirectional
/// recurrence over a target's states, pooled, to the logit of "gold".
struct BehaviourDiscriminator: Sendable {
  private let pooling: ProfessorForcing.Pooling
  /// The output distribution to a vector, where it is seen.
  private let outputs: Linear?
  private let recurrence: RecurrentStack
  private let hidden: Linear
  private let verdict: Linear

  init(
    in scope: ParameterScope, _ configuration: ProfessorForcing, stateSize: Int,
    vocabularySize: Int
  ) {
    let size = configuration.discriminatorSize
    pooling = configuration.pooling
    outputs =
      configuration.seesOutputs
      ? Linear(in: scope["outputs"], inputSize: vocabularySize, outputSize: size, hasBias: false)
      : nil
    recurrence = RecurrentStack(
      in: scope["recurrence"], cell: .gru,
      inputSize: stateSize + (configuration.seesOutputs ? size : 0), hiddenSize: size,
      layerCount: 1, direction: .bidirectional, dropout: 0)
    hidden = Linear(
      in: scope["hidden"], inputSize: 2 * size, outputSize: size, activation: .relu)
    verdict = Linear(in: scope["verdict"], inputSize: size, outputSize: 1)
  }

  /// The logit of each target's being gold, `[sequences, 1]`.
  func callAsFunction(_ behaviour: Behaviour) -> Tensor {
    var seen = behaviour.states
    if let outputs { seen = joinedColumns([seen, outputs(behaviour.probabilities)]) }
    let (memory, finals) = recurrence(seen.divided(into: behaviour.sequences))
    let pooled: Tensor
    switch pooling {
    case .mean: pooled = memory.divided(into: behaviour.sequences).sequenceMeans()
    case .last: pooled = finals[finals.count - 1].hidden
    }
    return verdict(hidden(pooled))
  }
}

/// What a discriminator sees of a decoder.
struct Behaviour {
  /// Its last states, `[tokens, size]`.
  let states: Tensor
  /// Its distributions over tokens, `[tokens, vocabulary]`.
  let probabilities: Tensor
  /// How the rows divide into targets.
  let sequences: Sequences

  init(states: Tensor, probabilities: Tensor, sequences: Sequences) {
    self.states = states
    self.probabilities = probabilities
    self.sequences = sequences
  }

  init(of states: DecodedStates, batch: TokenBatch, model: any EncoderDecoder) {
    self.init(
      states: states.tensor, probabilities: model.logits(states).softmax(), sequences: batch.targets
    )
  }

  /// The same numbers without a way back to the decoder.
  var detached: Behaviour {
    Behaviour(
      states: states.detached(), probabilities: probabilities.detached(), sequences: sequences)
  }
}

/// Professor forcing at work.
///
/// - Note: `@unchecked Sendable`: accuracy and optimizer change in ``finishStep`` and ``restore``
///   alone, which no worker runs beside; the optimizer's own passes divide the memory.
final class ProfessorForcingTraining: TrainingRegime, @unchecked Sendable {
  private let configuration: ProfessorForcing
  private let store: ParameterStore
  private let discriminator: BehaviourDiscriminator
  private let optimizer: any Optimizer
  /// The discriminator's accuracy in the step before; at the beginning that of guessing.
  private var accuracy = 0.5

  init(_ configuration: ProfessorForcing, model: any EncoderDecoder, seed: UInt64) {
    self.configuration = configuration
    store = ParameterStore(seed: CountedRandom.hash([seed, CountedRandom.hash("discriminator")]))
    let special = model.specialTokens
    let states = model.states(
      of: TokenBatch(sources: [[special.end]], inputs: [[special.beginning]]),
      in: Context(mode: .inference))
    discriminator = BehaviourDiscriminator(
      in: store.root["discriminator"], configuration, stateSize: states.tensor.shape.columns,
      vocabularySize: model.vocabularies.target)
    optimizer = OptimizerConfiguration(type: .adam).optimizer(for: store)
  }

  var ownStore: ParameterStore? { store }

  private var discriminatorLearns: Bool { accuracy < configuration.trainBelow }
  private var generatorLearns: Bool {
    accuracy > configuration.countAbove && configuration.generatorWeight > 0
  }

  // MARK: A slice

  func learn(from slice: TrainingSlice) throws -> LearningSums {
    let context = slice.contexts.training
    let model = slice.model
    let free = try ownTargets(of: slice)
    let batch = slice.batch

    context.seedDropout(slice.key)
    let states = model.states(of: batch, in: context)
    var (loss, losses) = model.loss(
      states, labels: batch.labels, labelSmoothing: slice.labelSmoothing, scale: 1)
    var sums = LearningSums(losses)
    if let guiding = slice.guidingLoss(states, batch, &sums.figures) { loss = loss + guiding }
    let isHeard = slice.isRehearsal || generatorLearns
    let forced = context.aside(recording: isHeard && configuration.twoSided) {
      Behaviour(of: states, batch: batch, model: model)
    }
    let running = context.aside(recording: isHeard) {
      Behaviour(of: model.states(of: free, in: context), batch: free, model: model)
    }
    if isHeard {
      // Beside the cross-entropy of a whole target, as the paper adds them: not of a token.
      let scale = Float(configuration.generatorWeight)
      let (fooling, found) = discriminator(running).logisticLoss(answer: true, scale: scale)
      loss = loss + fooling
      sums.figures.add("generator_loss", sum: found.loss, weight: Double(found.count))
      if configuration.twoSided {
        loss = loss + discriminator(forced).logisticLoss(answer: false, scale: scale).loss
      }
    }
    if isHeard {
      // The verdict is to change the decoder alone.
      context.auxiliaryGradients?.frozen { _ = loss.backward() }
    } else {
      loss.backward()
    }
    judge(forced.detached, running.detached, in: context, &sums.figures)
    return sums
  }

  /// The discriminator's own lesson, or, while it does not learn, its examination.
  private func judge(
    _ forced: Behaviour, _ running: Behaviour, in context: Context, _ figures: inout ReportFigures
  ) {
    let learns = discriminatorLearns
    context.aside(recording: learns) {
      let (goldLoss, gold) = discriminator(forced).logisticLoss(answer: true)
      let (freeLoss, free) = discriminator(running).logisticLoss(answer: false)
      if learns { (goldLoss + freeLoss).backward() }
      let count = Double(gold.count + free.count)
      figures.add("discriminator_loss", sum: gold.loss + free.loss, weight: count)
      figures.add(
        "discriminator_accuracy", sum: Double(gold.correctCount + free.correctCount),
        weight: count)
    }
  }

  /// The sources with targets that the model draws itself.
  private func ownTargets(of slice: TrainingSlice) throws -> TokenBatch {
    let samples = try slice.ownTargets(
      temperature: configuration.temperature, use: "free running")
    let pairs = zip(slice.pairs, samples).map { pair, samples in
      TokenBatch.Pair(
        source: pair.source, target: samples[0].tokens, firstRowIDs: pair.firstRowIDs)
    }
    return TokenBatch(pairs, slice.model.specialTokens)
  }

  // MARK: A step

  func finishStep(
    _ figures: ReportFigures, rateShare: Double, ownGradients: [GradientBuffer], pool: ComputePool
  ) throws {
    if discriminatorLearns {
      let count = figures.weight(of: "discriminator_loss")
      // While the model's rate falls, a discriminator that learned on at its own would get out of reach.
      _ = try optimizer.update(
        summing: ownGradients, scale: 1 / max(count, 1),
        rate: rateShare * configuration.discriminatorRate, pool: pool)
    }
    accuracy = figures["discriminator_accuracy"] ?? accuracy
  }

  // MARK: Checkpoints

  var slots: [RegimeSlot] {
    store.parameters.map {
      (
        $0.name, $0.shape,
        UnsafeMutableBufferPointer(start: $0.pointer, count: $0.shape.count)
      )
    } + optimizer.slots.map { ($0.name, $0.shape, $0.values) }
  }

  var numbers: [String: Double] {
    ["discriminator_accuracy": accuracy, "discriminator_steps": Double(optimizer.stepCount)]
  }

  func restore(numbers: [String: Double], stepCount: Int) {
    accuracy = numbers["discriminator_accuracy"] ?? accuracy
    optimizer.restore(stepCount: Int(exactly: numbers["discriminator_steps"] ?? 0) ?? 0)
    store.valuesDidChange()
  }
}
