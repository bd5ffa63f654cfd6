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

  /// What a regime remembers, in the folder of a checkpoint.
  private static let regimeName = "/regime.safetensors"

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
    if !resuming { try createFolder(path) }
    guard files.fileExists(atPath: path) else { throw TrainingError.nothingToResume(path: path) }
    let lock = try DirectoryLock(path: path)
    if resuming { try checkAgreement(with: configuration) } else { try checkEmptiness() }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(configuration)), to: configurationPath)
    try createFolder(snapshotsPath)
    // What the corpus's preparation left unfinished, then what atomic saving did.
    for name in try files.contentsOfDirectory(atPath: path) where name.hasSuffix(".partial") {
      try files.removeItem(atPath: "\(path)/\(name)")
    }
    _ = try TemporaryName.clearLeftovers(in: path)
    _ = try TemporaryName.clearLeftovers(in: snapshotsPath)
    _ = try checkpoints.prepare()
    return lock
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
      throw TrainingError.damaged(
        path: configurationPath, reason: decodingFault(error),
        hint: "the run cannot be gone on with; start a new one with another --output")
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
    _ average: MovingAverage?, _ regime: any TrainingRegime
  ) throws -> CheckpointFolder.Checkpoint {
    var state = state
    state.regime = regime.numbers.isEmpty ? nil : regime.numbers
    return try checkpoints.save(step: state.step) { folder in
      try store.save(to: folder + "/model.safetensors")
      try Self.write(
        optimizer.slots.map { ($0.name, $0.shape, $0.values) },
        to: folder + "/optimizer.safetensors")
      if let average {
        try Self.write(average.slots, to: "\(folder)/\(CheckpointFolder.averageName)")
      }
      if !regime.slots.isEmpty {
        try Self.write(
          regime.slots.map { ($0.name, $0.shape, $0.values) }, to: folder + Self.regimeName)
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try AtomicFile.write(Array(try encoder.encode(state)), to: folder + "/state.json")
    }
  }

  /// The newest complete checkpoint, loaded into the parameters, the optimizer and the average.
  func load(
    into store: ParameterStore, _ optimizer: any Optimizer, _ average: MovingAverage?,
    _ regime: any TrainingRegime
  ) throws -> TrainingState? {
    guard let latest = try checkpoints.latest() else { return nil }
    do { return try load(latest, into: store, optimizer, average, regime) } catch let error
      as CheckpointError
    {
      throw TrainingError.damaged(
        path: latest.path, reason: "\(error)", hint: Self.hint(withoutCheckpoint: latest))
    }
  }

  private static func hint(withoutCheckpoint checkpoint: CheckpointFolder.Checkpoint) -> String {
    "delete \(checkpoint.path) to go on from the checkpoint before it, or from the beginning"
  }

  private func load(
    _ latest: CheckpointFolder.Checkpoint, into store: ParameterStore,
    _ optimizer: any Optimizer, _ average: MovingAverage?, _ regime: any TrainingRegime
  ) throws -> TrainingState {
    let state = try state(of: latest)
    try Self.read(
      optimizer.slots.map { ($0.name, $0.shape, $0.values) },
      from: latest.path + "/optimizer.safetensors", of: "the optimizer")
    try store.load(from: SafetensorsFile(path: latest.path + "/model.safetensors"))
    optimizer.restore(stepCount: state.step)
    if let average {
      try Self.read(
        average.slots, from: "\(latest.path)/\(CheckpointFolder.averageName)", of: "the average")
      average.restore(updateCount: state.step)
    }
    if !regime.slots.isEmpty {
      try Self.read(
        regime.slots.map { ($0.name, $0.shape, $0.values) }, from: latest.path + Self.regimeName,
        of: "the regime")
    }
    regime.restore(numbers: state.regime ?? [:], stepCount: state.step)
    return state
  }

  private typealias Slot = (
    name: String, shape: Shape, values: UnsafeMutableBufferPointer<Float>
  )

  private static func write(_ slots: [Slot], to path: String) throws {
    var waiting = slots.makeIterator()
    // Declarations are written in their order.
    try SafetensorsFile.write(declarations(of: slots), to: path) { _, sink in
      guard let slot = waiting.next() else { return }
      try sink.write(UnsafeBufferPointer(slot.values))
    }
  }

  private static func read(_ slots: [Slot], from path: String, of owner: String) throws {
    let file = try SafetensorsFile(path: path)
    try file.requireAgreement(
      with: declarations(of: slots), of: owner, hint: "the files are of different runs")
    for slot in slots {
      let entry = try file.entry(slot.name)
      try file.copyFloats(of: entry, into: slot.values)
      file.releaseMemory(of: entry)
    }
  }

  private static func declarations(of slots: [Slot]) -> [SafetensorsFile.Declaration] {
    slots.map { SafetensorsFile.Declaration(name: $0.name, shape: $0.shape.extents) }
  }

  private func state(of checkpoint: CheckpointFolder.Checkpoint) throws(TrainingError)
    -> TrainingState
  {
    let path = checkpoint.path + "/state.json"
    func damaged(_ reason: String) -> TrainingError {
      .damaged(path: path, reason: reason, hint: Self.hint(withoutCheckpoint: checkpoint))
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw damaged("the file is missing or cannot be read")
    }
    let state: TrainingState
    do { state = try JSONDecoder().decode(TrainingState.self, from: data) } catch {
      throw damaged(decodingFault(error))
    }
    guard state.isPossible, state.step == checkpoint.step else {
      throw damaged("its numbers are none that a run comes to")
    }
    return state
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
