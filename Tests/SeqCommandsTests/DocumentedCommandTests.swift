import ArgumentParser
import Foundation
import SeqCommands
import SeqKit
import Testing

/// The commands that the documents and the help texts show are ones that the tool takes.
@Suite struct DocumentedCommandTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The Markdown files of the project, by their paths in it.
  private static let documents: [String] = {
    var found: [String] = []
    for folder in ["", "Documentation/", "Examples/"] {
      let url = root.appending(path: folder)
      let files = FileManager.default.enumerator(
        at: url, includingPropertiesForKeys: nil,
        options: folder.isEmpty ? [.skipsSubdirectoryDescendants] : [])
      let paths = files?.allObjects.compactMap { ($0 as? URL)?.path } ?? []
      found += paths.filter { $0.hasSuffix(".md") }.map {
        String($0.dropFirst(root.path.count).drop { $0 == "/" })
      }
    }
    return found.sorted()
  }()

  @Test("every command in a document's shell blocks is one", arguments: documents)
  func document(path: String) throws {
    let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    let blocks = text.matches(of: /(?sm)^```sh\n(.*?)^```/).map { String($0.1) }
    try examine(blocks.joined(), of: path)
  }

  @Test("the README's program is the one that Snippets/ builds")
  func program() throws {
    let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
    let shown = readme.matches(of: /(?sm)^```swift\n(.*?)^```/).map { String($0.1) }
    let built = try String(
      contentsOf: Self.root.appending(path: "Snippets/LearnAndTranslate.swift"), encoding: .utf8)
    #expect(shown == [built])
  }

  @Test func thereAreSome() {
    #expect(Self.documents.contains("README.md"))
    #expect(Self.documents.contains("Examples/teaching/README.md"))
    #expect(Self.documents.count >= 20)
  }

  @Test("every command in a help text is one")
  func helpTexts() throws {
    var pending: [any ParsableCommand.Type] = [Seq2Seq.self]
    while let command = pending.popLast() {
      pending += command.configuration.subcommands
      // A line and those that a backslash joins to it.
      let shown = command.configuration.discussion
        .matches(of: #/(?m)^ +(?:.*\| )?seq2seq .*(?:\\\n.*)*/#).map { String($0.0) }
      try examine(shown.joined(separator: "\n"), of: command._commandName)
    }
  }

  /// Lets a shell read the script, and the tool what it would be called with.
  private func examine(_ script: String, of place: String) throws {
    let script = script.replacing(#/ < \S+/#, with: "")  // nothing is there to be read
      .replacing(/\[--.*?\]/, with: "")  // what a synopsis leaves to choice
    let calls = try Self.calls(of: script)
    let shown = script.matches(of: #/(?m)^(?:[^#\n]*\| |\s*)seq2seq /#).count
    #expect(calls.count >= shown, "\(place): of \(shown) commands only \(calls) were reached")
    for call in calls { try examine(call, of: place) }
  }

  private func examine(_ words: [String], of place: String) throws {
    do {
      _ = try Seq2Seq.parseAsRoot(words)
    } catch {
      let call = words.joined(separator: " ")
      Issue.record("\(place): seq2seq \(call): \(Seq2Seq.message(for: error))")
      return
    }
    // Keys of a configuration are read with what replaces them, but for what is not here.
    guard words.count > 1, words[0] == "train" else { return }
    let configuration = Self.root.appending(path: words[1]).path
    guard FileManager.default.fileExists(atPath: configuration) else { return }
    let settings = zip(words, words.dropFirst()).filter { $0.0 == "--set" }.map(\.1)
      .filter { !$0.hasPrefix("data.root=") && !$0.hasPrefix("model.from=") }
    #expect(throws: Never.self, "\(place): \(words)") {
      try RunConfiguration(
        yamlFile: configuration, settings: settings, environment: ["SEQ2SEQ_DATA": "/data"])
    }
  }

  /// The words of each call of `seq2seq` that a script makes; no other program runs.
  private static func calls(of script: String) throws -> [[String]] {
    let folder = try TestFolder()
    try FileManager.default.createDirectory(
      at: folder.url("runs"), withIntermediateDirectories: true)
    try folder.write(
      "script",
      """
      PATH=
      export SEQ2SEQ_DATA=/data
      command_not_found_handle() { return 0; }
      seq2seq() { printf '%s\\0' "$#" "$@" >> '\(folder["calls"])'; }
      cd '\(folder.path)'
      \(script)
      """)
    let shell = try Run([folder["script"]], executable: URL(filePath: "/bin/bash"))
    _ = try shell.outcome()
    var words = folder.bytes("calls").split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }[...]
    var calls: [[String]] = []
    while let word = words.popFirst(), let count = Int(word) {
      calls.append(Array(words.prefix(count)))
      words = words.dropFirst(count)
    }
    return calls
  }
}
