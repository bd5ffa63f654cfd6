import SeqKit

extension TrainingConfiguration {
  /// Reads the `training` section.
  init(section: ConfigurationSection) {
    let defaults = TrainingConfiguration()
    let batchTokens = section.optionalWholeNumber("batch_tokens", atLeast: 1)
    let batchSentences = section.optionalWholeNumber("batch_sentences", atLeast: 1)
    section.require(
      batchTokens == nil || batchSentences == nil, about: "batch_sentences", "batch_tokens",
      or: "either batch_tokens or batch_sentences, not both")
    if batchSentences != nil {
      section.refuse(
        "batch_source_tokens", reason: "has no effect with batch_sentences, only with batch_tokens")
    }
    let maxSteps = section.optionalWholeNumber("max_steps", atLeast: 1)
    let maxEpochs = section.optionalWholeNumber("max_epochs", atLeast: 1)
    section.require(
      maxSteps != nil || maxEpochs != nil, about: "max_steps", "max_epochs",
      or: "missing: when does training end? Set max_steps, max_epochs or both")
    self.init(
      batchTokens: batchTokens ?? (batchSentences == nil ? defaults.batchTokens : nil),
      batchSourceTokens: section.optionalWholeNumber("batch_source_tokens", atLeast: 1),
      batchSentences: batchSentences,
      accumulation: section.wholeNumber("accumulation", or: defaults.accumulation, atLeast: 1),
      memory: section.optionalByteCount("memory"), maxSteps: maxSteps, maxEpochs: maxEpochs,
      labelSmoothing: section.number("label_smoothing", or: defaults.labelSmoothing, .probability),
      alignmentWeight: section.number(
        "alignment_weight", or: defaults.alignmentWeight, .notNegative),
      lossMean: section.choice("loss_mean") ?? defaults.lossMean,
      regime: section.section("regime") { RegimeConfiguration(section: $0) } ?? defaults.regime,
      precision: section.choice("precision") ?? defaults.precision,
      optimizer: section.section("optimizer") { OptimizerConfiguration(section: $0) }
        ?? defaults.optimizer,
      schedule: section.section("schedule") { ScheduleConfiguration(section: $0) }
        ?? defaults.schedule,
      seed: section.wholeNumber("seed", or: defaults.seed, atLeast: 0, atMost: .max),
      reportEverySteps: section.wholeNumber(
        "report_every_steps", or: defaults.reportEverySteps, atLeast: 1),
      checkpointEverySteps: section.wholeNumber(
        "checkpoint_every_steps", or: defaults.checkpointEverySteps, atLeast: 1),
      keepCheckpoints: section.wholeNumber(
        "keep_checkpoints", or: defaults.keepCheckpoints, atLeast: 1),
      averageLast: section.wholeNumber("average_last", or: defaults.averageLast, atLeast: 0),
      emaDecay: section.optionalNumber("ema_decay", or: defaults.emaDecay, .probability))
    section.require(
      emaDecay == nil || averageLast <= 1, about: "ema_decay", "average_last",
      or: "average_last above 1 averages what ema_decay averages already: leave out one of the two "
        + "(average_last: 0, the best by validation, goes with both)")
    let decays = schedule.type == .cosine || schedule.type == .linear
    section.require(
      !decays || schedule.decaySteps != nil || maxSteps != nil,
      about: "schedule.decay_steps", "schedule.type", "max_steps",
      or: "missing: a \(schedule.type.rawValue) schedule needs decay_steps or training.max_steps, "
        + "since the steps of an epoch are not known beforehand")
    let lastStep = schedule.decaySteps ?? maxSteps
    section.require(
      !decays || lastStep.map { $0 > schedule.warmupSteps } ?? true,
      about: "schedule.warmup_steps", "schedule.decay_steps", "max_steps",
      or: "the warm-up must end before the decay does: expected fewer than \(lastStep ?? 0) steps, "
        + "found \(schedule.warmupSteps)")
  }
}

extension OptimizerConfiguration {
  /// Reads the `training.optimizer` section.
  init(section: ConfigurationSection) {
    let type: Kind? = section.choice("type")
    let defaults = OptimizerConfiguration(type: type ?? .adam)
    self.init(
      type: defaults.type,
      beta1: section.number("beta1", or: defaults.beta1, .probability),
      beta2: section.number("beta2", or: defaults.beta2, .probability),
      epsilon: section.number("epsilon", or: defaults.epsilon, .positive),
      weightDecay: section.number("weight_decay", or: defaults.weightDecay, .notNegative),
      clipNorm: section.optionalNumber("clip_norm", or: defaults.clipNorm, .positive),
      momentum: section.number("momentum", or: defaults.momentum, .probability),
      dampening: section.number("dampening", or: defaults.dampening, .probability),
      nesterov: section.flag("nesterov", or: defaults.nesterov),
      decayRate: section.number("decay_rate", or: defaults.decayRate, .share),
      clipThreshold: section.number("clip_threshold", or: defaults.clipThreshold, .positive),
      epsilon1: section.number("epsilon1", or: defaults.epsilon1, .positive),
      epsilon2: section.number("epsilon2", or: defaults.epsilon2, .notNegative),
      relativeStep: section.flag("relative_step", or: defaults.relativeStep),
      scaleParameter: section.flag("scale_parameter", or: defaults.scaleParameter))
    section.require(
      !nesterov || (momentum > 0 && dampening == 0), about: "nesterov", "momentum", "dampening",
      or: "needs a momentum above 0 and no dampening")
    checkKeys(of: section)
  }

  /// A key that would have no effect is refused: whoever wrote it expects one.
  private func checkKeys(of section: ConfigurationSection) {
    let isAdam = type == .adam || type == .adamw
    if !isAdam {
      section.refuse(
        "beta1", "beta2", "epsilon",
        reason: "has no effect with type: \(type.rawValue), only with adam and adamw")
    }
    if type != .sgd {
      section.refuse(
        "momentum", "dampening", "nesterov",
        reason: "has no effect with type: \(type.rawValue), only with sgd")
    }
    if type != .adafactor {
      section.refuse(
        "decay_rate", "clip_threshold", "epsilon1", "epsilon2", "relative_step", "scale_parameter",
        reason: "has no effect with type: \(type.rawValue), only with adafactor")
    }
  }
}

extension ScheduleConfiguration {
  /// Reads the `training.schedule` section.
  init(section: ConfigurationSection) {
    let defaults = ScheduleConfiguration(type: section.choice("type") ?? .inverseSquareRoot)
    self.init(
      type: defaults.type,
      peakRate: section.number("peak_rate", or: defaults.peakRate, .positive),
      warmupSteps: section.wholeNumber("warmup_steps", or: defaults.warmupSteps, atLeast: 0),
      decaySteps: section.optionalWholeNumber("decay_steps", atLeast: 1),
      minimumRate: section.number("minimum_rate", or: defaults.minimumRate, .notNegative))
    section.require(
      type != .inverseSquareRoot || warmupSteps > 0, about: "warmup_steps", "type",
      or: "inverse_square_root decays from the end of the warm-up: expected at least 1, found 0")
    section.require(
      minimumRate <= peakRate, about: "minimum_rate", "peak_rate",
      or: "expected at most peak_rate, \(peakRate), found \(minimumRate)")
    if type == .inverseSquareRoot || type == .constant {
      section.refuse(
        "decay_steps", "minimum_rate",
        reason: "has no effect with type: \(type.rawValue), only with cosine and linear")
    }
  }
}
