import Foundation

/// The built `seq2seq`, run as a person or another program runs it.
enum CommandLineTool {
  /// How a run ended and what it wrote.
  struct Outcome {
    /// The exit status; 128 and the signal's number when one killed it.
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }

  /// Where it is: beside the tests, or above them where they are in a bundle.
  static let executable: URL = {
    var folder = Bundle(for: Anchor.self).bundleURL
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("seq2seq")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    preconditionFailure("seq2seq is not beside the tests: swift build -c release first")
  }()

  private final class Anchor {}

  /// Runs it to its end.
  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) throws -> Outcome {
    try run(arguments, bytes: Array(input.utf8), environment: environment)
  }

  /// Runs it to its end on any bytes.
  static func run(
    _ arguments: [String], bytes: [UInt8], environment: [String: String] = [:]
  ) throws -> Outcome {
    let run = try Run(arguments, input: bytes, environment: environment)
    return try run.outcome()
  }

  /// Runs a shell's command line, in which `$SEQ2SEQ` is the executable.
  static func shell(_ command: String, in folder: TestFolder) throws -> Outcome {
    let run = try Run(
      ["-c", "cd '\(folder.path)'; \(command)"], executable: URL(fileURLWithPath: "/bin/bash"),
      environment: ["SEQ2SEQ": executable.path])
    return try run.outcome()
  }
}

/// One process, with its streams in files: nothing waits for anybody to read.
final class Run {
  let process = Process()
  private let folder: TestFolder

  init(
    _ arguments: [String], executable: URL = CommandLineTool.executable, input: [UInt8] = [],
    environment: [String: String] = [:]
  ) throws {
    folder = try TestFolder()
    try folder.write("in", input)
    try folder.write("out", [])
    try folder.write("err", [])
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: folder.url("in"))
    process.standardOutput = try FileHandle(forWritingTo: folder.url("out"))
    process.standardError = try FileHandle(forWritingTo: folder.url("err"))
    try process.run()
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  var errors: String { folder.text("err") }

  /// Waits for the end.
  func outcome() throws -> CommandLineTool.Outcome {
    process.waitUntilExit()
    let status =
      process.terminationReason == .uncaughtSignal
      ? 128 + process.terminationStatus : process.terminationStatus
    return .init(status: status, output: folder.text("out"), errors: errors)
  }

  /// Waits until the condition holds or the process ends; whether it held.
  func waits(until condition: () -> Bool) -> Bool {
    while process.isRunning {
      if condition() { return true }
      usleep(200)
    }
    return condition()
  }
}

/// A folder that goes with this object.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("seq2seq-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func url(_ name: String) -> URL { URL(fileURLWithPath: path).appendingPathComponent(name) }

  subscript(name: String) -> String { url(name).path }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: url(name))
    return url(name).path
  }

  func bytes(_ name: String) -> [UInt8] { (try? Data(contentsOf: url(name))).map(Array.init) ?? [] }

  func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

  func contains(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self[name]) }

  /// The names in a folder of this one, in order.
  func names(in name: String = ".") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: self[name])) ?? []).sorted()
  }
}
