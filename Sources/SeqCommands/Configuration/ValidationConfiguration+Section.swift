import SeqKit

extension ValidationConfiguration {
  /// Reads the `validation` section; `hasPairs` says whether there is something to validate on.
  init(section: ConfigurationSection, hasPairs: Bool) {
    let defaults = ValidationConfiguration()
    let everyEpochs = section.optionalWholeNumber("every_epochs", atLeast: 1)
    let everySteps = section.optionalWholeNumber("every_steps", atLeast: 1)
    section.require(
      everyEpochs == nil || everySteps == nil, about: "every_steps", "every_epochs",
      or: "either every_epochs or every_steps, not both")
    self.init(
      everyEpochs: everyEpochs ?? (everySteps == nil ? defaults.everyEpochs : nil),
      everySteps: everySteps, metrics: section.choices("metrics", or: defaults.metrics),
      bestBy: section.choice("best_by"),
      patience: section.optionalWholeNumber("patience", atLeast: 1),
      beamSize: section.wholeNumber(
        "beam_size", or: defaults.beamSize, atLeast: 1, atMost: SearchOptions.largestBeamSize))
    section.require(
      bestBy.map(metrics.contains) ?? true, about: "best_by", "metrics",
      or: "'\(bestBy?.rawValue ?? "")' is not among the metrics")
    section.problems.require(
      hasPairs, about: [section.key, "data.validation", "data"],
      "there is nothing to validate on: set data.validation, or leave this section out")
  }
}
