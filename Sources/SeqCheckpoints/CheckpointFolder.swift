import Foundation

/// The `checkpoints` folder of a training run: one folder per checkpoint, `step-00000500` and so
/// on, each complete from the moment it bears that name.
///
///     let folder = CheckpointFolder(path: "runs/de/checkpoints")
///     try folder.prepare()
///     try folder.save(step: 500) { temporary in
///       try AtomicFile.write(state, to: "\(temporary)/state.json")
///     }
///     let latest = try folder.latest()
public struct CheckpointFolder: Sendable {
  /// One complete checkpoint.
  public struct Checkpoint: Hashable, Sendable {
    /// Optimizer steps made when it was saved.
    public let step: Int
    /// The folder that holds its files.
    public let path: String

    init(step: Int, path: String) {
      self.step = step
      self.path = path
    }

    /// The checkpoint in an existing folder, nil when its name is not that of one.
    public init?(path: String) {
      guard let step = CheckpointFolder.step(ofName: (path as NSString).lastPathComponent),
        FileManager.default.fileExists(atPath: path)
      else { return nil }
      self.init(step: step, path: path)
    }

    /// The file of the parameters that validation saw: the moving average where a run keeps one,
    /// else those that were trained.
    public var parametersPath: String {
      let average = "\(path)/\(CheckpointFolder.averageName)"
      return FileManager.default.fileExists(atPath: average) ? average : path + "/model.safetensors"
    }
  }

  /// The file in a checkpoint that holds the moving average of the parameters.
  public static let averageName = "average.safetensors"

  /// The folder of all checkpoints.
  public let path: String

  /// Names the folder; ``prepare()`` makes it.
  public init(path: String) {
    self.path = path
  }

  /// Makes the folder if there is none, and deletes what a killed run left unfinished in it.
  ///
  /// - Returns: the names of the leftovers.
  /// - Throws: ``CheckpointError``.
  @discardableResult
  public func prepare() throws(CheckpointError) -> [String] {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(
        .notCreated, path: path, found: "could not create it: \(error.localizedDescription)",
        expected: "", hint: "check the path and the permissions of the folder above")
    }
    return try TemporaryName.clearLeftovers(in: path)
  }

  /// Saves a checkpoint: `write` puts its files into the folder it is given, which becomes
  /// ``path``/`step-…` when it returns.
  ///
  /// A checkpoint of the same step is replaced.
  ///
  /// - Throws: ``CheckpointError``, and what `write` throws; no other checkpoint is touched.
  @discardableResult
  public func save(step: Int, _ write: (String) throws -> Void) throws -> Checkpoint {
    let checkpoint = Checkpoint(step: step, path: "\(path)/\(Self.name(ofStep: step))")
    try AtomicDirectory.write(to: checkpoint.path, write)
    return checkpoint
  }

  /// The complete checkpoints, by step, the newest last; none when the folder does not exist.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/unreadable``.
  public func checkpoints() throws(CheckpointError) -> [Checkpoint] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw CheckpointError(
        .unreadable, path: path, found: "could not list it: \(error.localizedDescription)",
        expected: "", hint: "check that it is a folder and may be read")
    }
    return
      names
      .compactMap { name in
        Self.step(ofName: name).map { Checkpoint(step: $0, path: "\(path)/\(name)") }
      }
      .sorted { $0.step < $1.step }
  }

  /// The complete checkpoint of the largest step, or nil.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/unreadable``.
  public func latest() throws(CheckpointError) -> Checkpoint? {
    try checkpoints().last
  }

  /// Deletes all but the newest `count` checkpoints, and never those of the steps in `kept`.
  ///
  /// - Throws: ``CheckpointError``.
  /// - Precondition: `count` is not negative.
  public func prune(keeping count: Int, and kept: Set<Int> = []) throws(CheckpointError) {
    for checkpoint in try checkpoints().dropLast(count) where !kept.contains(checkpoint.step) {
      try AtomicDirectory.remove(checkpoint.path)
    }
  }

  static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
  }

  /// The step in a checkpoint's name; nil for any other name.
  static func step(ofName name: String) -> Int? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0,
      Self.name(ofStep: step) == name
    else { return nil }
    return step
  }
}
