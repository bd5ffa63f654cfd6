internal import Foundation
internal import SeqCheckpoints
internal import SeqModels
internal import SeqOptimizers
internal import SeqTensors

/// The files of a run: its configuration, checkpoints, kept parameters and, at the end, its model.
struct TrainingDirectory {
  let path: String
  let checkpoints: CheckpointFolder

  init(path: String) {
    self.path = path
    checkpoints = CheckpointFolder(path: path + "/checkpoints")
  }

  var metricsPath: String { path + "/metrics.jsonl" }
  var modelPath: String { path + "/model.safetensors" }
  private var configurationPath: String { path + "/training.json" }

  /// The parameters kept of a step, for averaging.
  func snapshotPath(step: Int) -> String { "\(path)/snapshots/step-\(step).safetensors" }

  // MARK: Configuration

  /// Starts a run, or checks that the run found here goes on with the same configuration.
  func claim(_ configuration: RunConfiguration, resuming: Bool) throws {
    let files = FileManager.default
    if resuming {
      guard let data = files.contents(atPath: configurationPath) else {
        throw TrainingError.nothingToResume(path: path)
      }
      let earlier: RunConfiguration
      do { earlier = try JSONDecoder().decode(RunConfiguration.self, from: data) } catch {
        throw TrainingError.damaged(path: configurationPath, reason: "\(error)")
      }
      let changed = try earlier.differences(from: configuration)
      guard changed.isEmpty else {
        throw TrainingError.changedConfiguration(path: path, keys: changed)
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(configuration)), to: configurationPath)
    try files.createDirectory(
      atPath: path + "/snapshots", withIntermediateDirectories: true)
    _ = try TemporaryName.clearLeftovers(in: path)
    _ = try TemporaryName.clearLeftovers(in: path + "/snapshots")
    _ = try checkpoints.prepare()
  }

  // MARK: Checkpoints

  func save(_ state: TrainingState, _ store: ParameterStore, _ optimizer: Adam) throws -> String {
    try checkpoints.save(step: state.step) { folder in
      try store.save(to: folder + "/model.safetensors")
      let declarations = store.parameters.flatMap { parameter in
        ["first", "second"].map {
          SafetensorsFile.Declaration(
            name: "\($0).\(parameter.name)", shape: parameter.shape.extents)
        }
      }
      var parameters = store.parameters.makeIterator()
      var waiting: [Float]?
      try SafetensorsFile.write(declarations, to: folder + "/optimizer.safetensors") { _, sink in
        // Declarations come in pairs: the first moment, then the second.
        if let second = waiting {
          try second.withUnsafeBufferPointer { try sink.write($0) }
          waiting = nil
        } else if let parameter = parameters.next() {
          let (first, second) = optimizer.moments(of: parameter)
          try first.withUnsafeBufferPointer { try sink.write($0) }
          waiting = second
        }
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try AtomicFile.write(Array(try encoder.encode(state)), to: folder + "/state.json")
    }.path
  }

  /// The newest complete checkpoint, loaded into the parameters and the optimizer.
  func load(into store: ParameterStore, _ optimizer: Adam) throws -> TrainingState? {
    guard let latest = try checkpoints.latest() else { return nil }
    try store.load(from: SafetensorsFile(path: latest.path + "/model.safetensors"))
    let moments = try SafetensorsFile(path: latest.path + "/optimizer.safetensors")
    for parameter in store.parameters {
      optimizer.restore(
        parameter, first: try moments.floats(of: moments.entry("first." + parameter.name)),
        second: try moments.floats(of: moments.entry("second." + parameter.name)))
    }
    let statePath = latest.path + "/state.json"
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: statePath))
      let state = try JSONDecoder().decode(TrainingState.self, from: data)
      optimizer.restore(stepCount: state.step)
      return state
    } catch { throw TrainingError.damaged(path: statePath, reason: "\(error)") }
  }

  // MARK: The final model

  func removeSnapshot(step: Int) {
    try? FileManager.default.removeItem(atPath: snapshotPath(step: step))
  }

  /// Writes `model.safetensors`: the average of the snapshots, the best checkpoint's parameters, or
  /// the parameters as they are.
  func writeModel(_ state: TrainingState, averageLast: Int, store: ParameterStore) throws {
    if averageLast > 1, !state.snapshots.isEmpty {
      try SafetensorsFile.average(
        state.snapshots.map { snapshotPath(step: $0) }, to: modelPath)
    } else if averageLast == 0, let best = state.best,
      let checkpoint = try checkpoints.checkpoints().first(where: { $0.step == best.step })
    {
      let file = try SafetensorsFile(path: checkpoint.path + "/model.safetensors")
      try SafetensorsFile.write(
        file.entries.map { (name: $0.name, shape: $0.shape, values: try file.floats(of: $0)) },
        to: modelPath)
    } else {
      try store.save(to: modelPath)
    }
  }
}

extension RunConfiguration {
  /// The keys in which two configurations differ, those that only end a run left out.
  func differences(from other: RunConfiguration) throws -> [String] {
    func comparable(_ configuration: RunConfiguration) throws -> [String: String] {
      var copy = configuration
      // A corpus may move; whether it is the same, its fingerprint says.
      copy.data.root = ""
      // Without decay_steps the last step shapes the schedule.
      let decays = [.cosine, .linear].contains(copy.training.schedule.type)
      if !decays || copy.training.schedule.decaySteps != nil {
        copy.training.maxSteps = nil
        copy.training.maxEpochs = nil
      }
      copy.validation.patience = nil
      let data = try JSONEncoder().encode(copy)
      return Self.leaves(try JSONSerialization.jsonObject(with: data), path: "")
    }
    let (mine, theirs) = (try comparable(self), try comparable(other))
    return Set(mine.keys).union(theirs.keys).filter { mine[$0] != theirs[$0] }.sorted()
  }

  private static func leaves(_ value: Any, path: String) -> [String: String] {
    guard let object = value as? [String: Any] else { return [path: "\(value)"] }
    var found: [String: String] = [:]
    for (key, value) in object {
      found.merge(leaves(value, path: path.isEmpty ? key : "\(path).\(key)")) { first, _ in first }
    }
    return found
  }
}
