import Foundation
import SeqCommands
import SeqKit
import Testing

/// The configurations that the project shows are ones that it reads.
@Suite struct ExampleTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Examples")

  private static let configurations: [String] = {
    let files = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test(arguments: configurations)
  func isRead(name: String) throws {
    let configuration = try RunConfiguration(
      yamlFile: Self.folder.appendingPathComponent(name).path, environment: [:])
    let sizes = VocabularySizes(source: 1000, target: 1000)
    #expect(configuration.model.problems(vocabularies: sizes) == [])
  }

  @Test("every key says what it is for, beside it or above it", arguments: configurations)
  func isCommented(name: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    var previous: Substring = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isKey = line.contains(/^\s*[a-z_0-9]+:/)
      // A section says it by its keys.
      let isSection = line.contains(/^\s*[a-z_]+:$/)
      let isBelowComment = previous.contains(/^\s*# [^ ]/)
      #expect(!isKey || isSection || line.contains(" # ") || isBelowComment, "\(name): \(line)")
      previous = line
    }
  }

  @Test func thereAreSome() {
    #expect(Self.configurations.contains("g2p/recurrent.yaml"))
    #expect(Self.configurations.count >= 8)
  }
}
