internal import SeqModels

extension RegimeConfiguration {
  /// What is wrong with it for a model, each problem in words; in a configuration file every key is checked
  /// where it stands before it comes to this.
  func problems(for model: ModelConfiguration) -> [String] {
    var problems: [String] = []
    func demand(_ isSo: Bool, _ problem: String) { if !isSo { problems.append(problem) } }
    demand(
      model.copying == nil || !needsGenerator,
      "\(kind.rawValue) knows nothing of what a model copies")
    switch self {
    case .teacherForcing: break
    case .scheduledSampling(let regime):
      demand(regime.ratio.isWithin(0...1), "a ratio outside 0 to 1")
    case .gumbelSoftmax(let regime):
      demand(regime.ratio.isWithin(0...1), "a ratio outside 0 to 1")
      demand(
        regime.temperature.isWithin(.leastNormalMagnitude ... .greatestFiniteMagnitude),
        "a temperature that is not above 0")
    case .minimumRisk(let risk):
      demand(risk.sharpness > 0, "a sharpness of \(risk.sharpness), expected above 0")
      demand(risk.temperature > 0, "a temperature of \(risk.temperature), expected above 0")
      demand(
        0...1 ~= risk.crossEntropyShare,
        "a share of cross-entropy of \(risk.crossEntropyShare), expected 0 to 1")
      demand(
        risk.sampleCount >= (risk.includesGold ? 1 : 2),
        "\(risk.sampleCount) samples: one candidate alone has nothing to be better than")
    case .professorForcing(let forcing):
      demand(forcing.discriminatorSize > 0, "a discriminator of \(forcing.discriminatorSize) units")
      demand(
        forcing.discriminatorRate > 0,
        "a discriminator's rate of \(forcing.discriminatorRate), expected above 0")
      demand(forcing.temperature > 0, "a temperature of \(forcing.temperature), expected above 0")
      demand(
        forcing.generatorWeight >= 0,
        "a generator's weight of \(forcing.generatorWeight), expected 0 or more")
    }
    return problems
  }
}

extension Annealing {
  /// Whether all its values are in a range, whatever the length of the run.
  fileprivate func isWithin(_ range: ClosedRange<Double>) -> Bool {
    switch type {
    case .constant: range ~= start
    case .stepwise: !stages.isEmpty && stages.allSatisfy { range ~= $0.value }
    case .linear, .exponential, .inverseSigmoid: range ~= start && range ~= end
    }
  }
}
