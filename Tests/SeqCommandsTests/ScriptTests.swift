import Foundation
import Testing

/// The project's Python scripts start: what one imports from another is there.
@Suite(
  .enabled("needs python3") {
    try CommandLineTool.shell("command -v python3", in: TestFolder()).status == 0
  })
struct ScriptTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The Python files, by their paths in the project.
  private static let files = ["Benchmarks", "Examples", "Scripts"].flatMap { folder in
    let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
    return (names?.allObjects ?? []).compactMap { $0 as? String }.filter { $0.hasSuffix(".py") }
      .map { "\(folder)/\($0)" }
  }.sorted()

  /// Those with a command line.
  private static let scripts = files.filter { path in
    let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    return text.map { $0.contains("ArgumentParser(") && $0.contains("__main__") } == true
  }

  @Test("each tells its options, or which package it misses", arguments: scripts)
  func help(path: String) throws {
    let outcome = try CommandLineTool.shell(
      "PYTHONDONTWRITEBYTECODE=1 python3 '\(Self.root.appending(path: path).path)' --help",
      in: TestFolder())
    let missing = outcome.errors.firstMatch(of: /ModuleNotFoundError: No module named '(\w+)/)?.1
    let missesPackage = missing.map { name in !Self.files.contains { $0.hasSuffix("/\(name).py") } }
    #expect(
      outcome.output.contains("usage: ") || missesPackage == true, "\(path): \(outcome.errors)")
  }

  @Test func thereAreSome() {
    #expect(Self.scripts.contains("Benchmarks/lengths.py"))
    #expect(Self.scripts.count >= 15)
  }
}
