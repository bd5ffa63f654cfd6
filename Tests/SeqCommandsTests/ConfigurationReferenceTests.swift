import Foundation
import Testing

/// The reference of configuration keys keeps up with the code that reads them.
@Suite struct ConfigurationReferenceTests {
  @Test("every key that a section reads has its place in Documentation/Configuration.md")
  func keys() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let reference = try String(
      contentsOf: root.appending(path: "Documentation/Configuration.md"), encoding: .utf8)
    let folder = root.appending(path: "Sources/SeqCommands/Configuration")
    let reads =
      /(?:[wW]holeNumber|number|optionalNumber|flag|choices?|section|text|annealing|reading)\(\s*"([a-z][a-z0-9_]*)"/
    var keys: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      keys.formUnion(source.matches(of: reads).map { String($0.1) })
    }
    #expect(keys.count > 100, "\(keys.sorted())")
    // In quotation marks of code, alone or behind the section's name.
    for key in keys.sorted() { #expect(reference.contains("\(key)`"), "\(key)") }
  }
}
