internal import Foundation

extension RunConfiguration {
  /// The keys, as a configuration file spells them, in which two configurations differ; those that
  /// only end a run, or only concern the machine, are left out.
  func differences(from other: RunConfiguration) throws -> [String] {
    let (mine, theirs) = (try comparable(), try other.comparable())
    return Set(mine.keys).union(theirs.keys).filter { mine[$0] != theirs[$0] }.sorted()
  }

  /// What must stay the same on resuming, by key.
  private func comparable() throws -> [String: String] {
    var copy = self
    // A folder has many names; whether the corpus is the same is seen when it is opened.
    copy.data.root = ""
    // Without decay_steps the last step shapes the schedule, and some schedules of regimes.
    let decays = [.cosine, .linear].contains(training.schedule.type)
    let rateEnds = decays && training.schedule.decaySteps == nil
    if !rateEnds && !training.regime.dependsOnLastStep {
      copy.training.maxSteps = nil
      copy.training.maxEpochs = nil
    }
    copy.validation.patience = nil
    copy.training.memory = nil
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let data = try encoder.encode(copy)
    var leaves = Self.leaves(try JSONSerialization.jsonObject(with: data), key: [])
    leaves["model.from"] = leaves.removeValue(forKey: "initial_model")
    // The run has its own tokenizer by now.
    leaves["initial_tokenizer"] = nil
    return leaves
  }

  private static func leaves(_ value: Any, key: [String]) -> [String: String] {
    guard var object = value as? [String: Any] else {
      return [key.joined(separator: "."): "\(value)"]
    }
    // data.train and data.validation have forms, which a file tells apart by their keys alone.
    if key.count == 2, key[0] == "data", let form = object.values.first as? [String: Any] {
      object = form
    }
    var found: [String: String] = [:]
    for (name, value) in object {
      found.merge(leaves(value, key: key + [name])) { first, _ in first }
    }
    return found
  }
}
