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

  @Test func thereAreSome() {
    #expect(Self.configurations.contains("g2p/recurrent.yaml"))
    #expect(Self.configurations.count >= 8)
  }
}
