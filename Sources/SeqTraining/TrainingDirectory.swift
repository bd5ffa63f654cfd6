internal import Foundation
internal import SeqCheckpoints
internal import SeqFigures
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

  private var snapshotsPath: String { path + "/snapshots" }

  /// The parameters kept of a step, for averaging.
  func snapshotPath(step: Int) -> String { "\(snapshotsPath)/\(Self.snapshotName(step: step))" }

  private static func snapshotName(step: Int) -> String { "step-\(step).safetensors" }

  // MARK: Configuration

  /// Starts a run in an empty directory, or checks that the run found here goes on with the same
  /// configuration; tidies up what a killed process left.
  ///
  /// - Returns: What keeps others out of the directory; to be held during the run.
  func claim(_ configuration: RunConfiguration, resuming: Bool) throws -> DirectoryLock {
    let files = FileManager.default
    if !resuming { try create() }
    guard files.fileExists(atPath: path) else { throw TrainingError.nothingToResume(path: path) }
    let lock = try DirectoryLock(path: path)
    if resuming { try checkAgreement(with: configuration) } else { try checkEmptiness() }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(configuration)), to: configurationPath)
    try files.createDirectory(atPath: snapshotsPath, withIntermediateDirectories: true)
    // What the corpus's preparation left unfinished, then what atomic saving did.
    for name in try files.contentsOfDirectory(atPath: path) where name.hasSuffix(".partial") {
      try files.removeItem(atPath: "\(path)/\(name)")
    }
    _ = try TemporaryName.clearLeftovers(in: path)
    _ = try TemporaryName.clearLeftovers(in: snapshotsPath)
    _ = try checkpoints.prepare()
    return lock
  }

  private func create() throws(TrainingError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(path: path, reason: error.localizedDescription)
    }
  }

  /// A process killed before it had begun anything may have left a file on its way.
  private func checkEmptiness() throws(TrainingError) {
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard contents.allSatisfy({ TemporaryName.parse($0) != nil }) else {
      throw .outputNotEmpty(path: path)
    }
  }

  private func checkAgreement(with configuration: RunConfiguration) throws {
    guard let data = FileManager.default.contents(atPath: configurationPath) else {
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

  /// Takes back a claim that came to nothing: deletes what a run put into its empty directory.
  func abandon() {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] {
      try? files.removeItem(atPath: path + "/" + name)
    }
  }

  // MARK: Checkpoints

  func save(
    _ state: TrainingState, _ store: ParameterStore, _ optimizer: any Optimizer,
    _ average: MovingAverage?
  ) throws -> CheckpointFolder.Checkpoint {
    try checkpoints.save(step: state.step) { folder in
      try store.save(to: folder + "/model.safetensors")
      try Self.write(
        optimizer.slots.map { ($0.name, $0.shape, $0.values) },
        to: folder + "/optimizer.safetensors")
      if let average {
        try Self.write(average.slots, to: "\(folder)/\(CheckpointFolder.averageName)")
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try AtomicFile.write(Array(try encoder.encode(state)), to: folder + "/state.json")
    }
  }

  /// The newest complete checkpoint, loaded into the parameters, the optimizer and the average.
  func load(
    into store: ParameterStore, _ optimizer: any Optimizer, _ average: MovingAverage?
  ) throws -> TrainingState? {
    guard let latest = try checkpoints.latest() else { return nil }
    try store.load(from: SafetensorsFile(path: latest.path + "/model.safetensors"))
    try Self.read(
      optimizer.slots.map { ($0.name, $0.shape, $0.values) },
      from: latest.path + "/optimizer.safetensors")
    let state = try state(of: latest)
    optimizer.restore(stepCount: state.step)
    if let average {
      try Self.read(average.slots, from: "\(latest.path)/\(CheckpointFolder.averageName)")
      average.restore(updateCount: state.step)
    }
    return state
  }

  private typealias Slot = (
    name: String, shape: Shape, values: UnsafeMutableBufferPointer<Float>
  )

  private static func write(_ slots: [Slot], to path: String) throws {
    var waiting = slots.makeIterator()
    let declarations = slots.map {
      SafetensorsFile.Declaration(name: $0.name, shape: $0.shape.extents)
    }
    // Declarations are written in their order.
    try SafetensorsFile.write(declarations, to: path) { _, sink in
      guard let slot = waiting.next() else { return }
      try sink.write(UnsafeBufferPointer(slot.values))
    }
  }

  private static func read(_ slots: [Slot], from path: String) throws {
    let file = try SafetensorsFile(path: path)
    for slot in slots {
      let entry = try file.entry(slot.name)
      guard entry.shape == slot.shape.extents else {
        throw TrainingError.damaged(
          path: path, reason: "'\(slot.name)' is \(entry.shape), expected \(slot.shape)")
      }
      try file.copyFloats(of: entry, into: slot.values)
      file.releaseMemory(of: entry)
    }
  }

  private func state(of checkpoint: CheckpointFolder.Checkpoint) throws(TrainingError)
    -> TrainingState
  {
    let path = checkpoint.path + "/state.json"
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      return try JSONDecoder().decode(TrainingState.self, from: data)
    } catch { throw .damaged(path: path, reason: "\(error)") }
  }

  /// Deletes the snapshots that no checkpoint here would average.
  ///
  /// To be called when a checkpoint is safe: whoever resumes from one finds its snapshots.
  func pruneSnapshots() throws {
    var kept: Set<String> = []
    for checkpoint in try checkpoints.checkpoints() {
      // A damaged checkpoint cannot be resumed from, and so needs none.
      guard let state = try? state(of: checkpoint) else { continue }
      kept.formUnion(state.snapshots.map { Self.snapshotName(step: $0) })
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: snapshotsPath)) ?? []
    where !kept.contains(name) {
      try? FileManager.default.removeItem(atPath: "\(snapshotsPath)/\(name)")
    }
  }

  // MARK: Figures

  /// Draws the curves of `metrics.jsonl` into `curves.svg`.
  func writeCurves() throws {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let curves = Curves(
      title: name, runs: [(name: name, history: try MetricsHistory(path: metricsPath))])
    try AtomicFile.write(Array(curves.svg().utf8), to: path + "/curves.svg")
  }

  // MARK: The final model

  /// Writes `model.safetensors`: the average of the snapshots, the best checkpoint's parameters, or
  /// the parameters as they are.
  func writeModel(_ state: TrainingState, averageLast: Int, store: ParameterStore) throws {
    if averageLast > 1, !state.snapshots.isEmpty {
      try SafetensorsFile.average(
        state.snapshots.map { snapshotPath(step: $0) }, to: modelPath)
    } else if averageLast == 0, let best = state.best,
      let checkpoint = try checkpoints.checkpoints().first(where: { $0.step == best.step })
    {
      try SafetensorsFile.average([checkpoint.parametersPath], to: modelPath)
    } else {
      try store.save(to: modelPath)
    }
  }
}
