import Foundation
import SeqText
import Testing

@Suite struct PairReaderTests {
  static func entries(
    _ source: CorpusConfiguration.Source, root: TemporaryDirectory
  ) throws(TextError) -> [PairReader.Entry] {
    let reader = try PairReader(source, root: root.url.path)
    var entries: [PairReader.Entry] = []
    while let entry = try reader.next() { entries.append(entry) }
    return entries
  }

  static func pair(_ line: Int, _ source: String, _ target: String) -> PairReader.Entry {
    .pair(TextPair(line: line, source: Array(source.utf8), target: Array(target.utf8)))
  }

  @Test("Parallel files give pairs with their line numbers; bad bytes give the reason")
  func parallel() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", Array("één\r\n\nx".utf8) + [0xFF] + Array("\nlast".utf8))
    try directory.write("b", "one\ntwo\nthree\nfour\n")
    let entries = try PairReaderTests.entries(.parallel(source: "a", target: "b"), root: directory)
    #expect(
      entries == [
        PairReaderTests.pair(1, "één", "one"), PairReaderTests.pair(2, "", "two"),
        .malformed(line: 3, reason: "the source is not UTF-8 at byte 2"),
        PairReaderTests.pair(4, "last", "four"),
      ])
  }

  @Test("Unequal line counts are an error that names both", arguments: [(3, 5), (5, 3), (0, 1)])
  func unequal(sourceCount: Int, targetCount: Int) throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", String(repeating: "x\n", count: sourceCount))
    try directory.write("b", String(repeating: "y\n", count: targetCount))
    let error = #expect(throws: TextError.self) {
      try PairReaderTests.entries(.parallel(source: "a", target: "b"), root: directory)
    }
    #expect(error?.kind == .badData)
    #expect(error?.line == min(sourceCount, targetCount) + 1)
    #expect(error?.found.contains("/a has \(sourceCount), ") == true)
    #expect(error?.found.hasSuffix("/b has \(targetCount)") == true)
  }

  @Test("Columns of a table are counted from 1 and may come in any order")
  func table() throws {
    let directory = try TemporaryDirectory()
    try directory.write("t.tsv", "id1\tsource\ttarget\textra\n\nshort\trow\n\t\t\n")
    let entries = try PairReaderTests.entries(
      .table(pairs: "t.tsv", sourceColumn: 3, targetColumn: 2), root: directory)
    #expect(
      entries == [
        PairReaderTests.pair(1, "target", "source"), PairReaderTests.pair(2, "", ""),
        .malformed(line: 3, reason: "2 tab-separated columns where 3 are needed"),
        PairReaderTests.pair(4, "", ""),
      ])
    #expect(throws: TextError.self) {
      try PairReader(
        .table(pairs: "t.tsv", sourceColumn: 0, targetColumn: 1), root: directory.url.path)
    }
  }

  @Test("JSON Lines give the strings under the two keys, escapes undone")
  func jsonLines() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      "p.jsonl",
      """
      {"q": "a\\u00e9\\t\\ud83d\\ude42", "n": {"x": [1]}, "a": "b"}
      {"q": "only"}
      {"q": 1, "a": "b"}

      ["q", "a"]
      {"q": "x", "a":
      """)
    let entries = try PairReaderTests.entries(
      .jsonLines(pairs: "p.jsonl", sourceKey: "q", targetKey: "a"), root: directory)
    #expect(
      entries == [
        PairReaderTests.pair(1, "aé\t🙂", "b"),
        .malformed(line: 2, reason: "the object has no key 'a'"),
        .malformed(line: 3, reason: "the value of 'q' is no string"),
        PairReaderTests.pair(4, "", ""),
        .malformed(line: 5, reason: "no JSON object"), .malformed(line: 6, reason: "not JSON"),
      ])
  }

  @Test("Whoever opened the reader may stop it")
  func interruption() throws {
    let directory = try TemporaryDirectory()
    try directory.write("pairs", String(repeating: "a\tb\n", count: 2000))
    let source = CorpusConfiguration.Source.table(
      pairs: "pairs", sourceColumn: 1, targetColumn: 2)
    var questions = 0
    let reader = try PairReader(source, root: directory.url.path) {
      questions += 1
      return questions == 3
    }
    var pairCount = 0
    let error = #expect(throws: TextError.self) {
      while try reader.next() != nil { pairCount += 1 }
    }
    #expect(error?.kind == .interrupted)
    #expect(pairCount == 512)
    let codec = try PreparedCorpusTests.byteCodec()
    let prepared = #expect(throws: TextError.self) {
      try PreparedCorpus.prepare(
        .train, of: .init(root: directory.url.path, train: source), codec: codec,
        into: directory.url, isInterrupted: { true })
    }
    #expect(prepared?.kind == .interrupted)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == ["pairs"])
  }

  @Test("Files that are not there, or cannot be read twice, are known before they are read")
  func checkedFiles() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a", "a\n")
    let pipe = directory.url.appendingPathComponent("pipe").path
    #expect(mkfifo(pipe, 0o600) == 0)
    func found(_ train: String, _ validation: String) -> String? {
      let corpus = CorpusConfiguration(
        root: directory.url.path, train: .parallel(source: train, target: "a"),
        validation: .parallel(source: "a", target: validation))
      do throws(TextError) { try corpus.checkFiles() } catch {
        #expect(error.kind == .missingInput)
        return error.found
      }
      return nil
    }
    #expect(found("a", "a") == nil)
    #expect(found("-", "a") == nil)
    #expect(found("a", "none") == "cannot be opened: No such file or directory")
    #expect(found("pipe", "a") == "a pipe or a device")
    #expect(found(".", "a") == "a folder")
  }

  @Test(
    "A corpus without text says what it has instead",
    arguments: [
      ("", "no text to learn a vocabulary from", nil),
      ("\n\n", "no text to learn a vocabulary from", nil),
      (
        "a\nb\n",
        "no text to learn a vocabulary from; 2 unusable, the first because: no tab, where 2 columns are needed",
        1
      ),
      (
        "\n\u{0}\n",
        "no text to learn a vocabulary from; 1 unusable, the first because: no tab, where 2 columns are needed",
        2
      ),
    ] as [(String, String, Int?)])
  func noText(contents: String, found: String, line: Int?) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("pairs", contents)
    let error = #expect(throws: TextError.self) {
      try TextCodec.train(configuration: .init(type: .character)) { () throws(TextError) in
        try PairReader(.table(pairs: path, sourceColumn: 1, targetColumn: 2))
      }
    }
    #expect(error?.found == found)
    #expect(error?.line == line)
    #expect(error?.file == path)
    #expect(error?.hint != nil)
  }

  @Test("Relative paths start at the root, absolute ones and the standard input stay")
  func paths() {
    let source = CorpusConfiguration.Source.parallel(source: "a/b", target: "/c")
    #expect(source.resolved(root: "/r").paths == ["/r/a/b", "/c"])
    #expect(source.resolved(root: "../r/").paths == ["../r/a/b", "/c"])
    #expect(source.resolved(root: ".").paths == ["a/b", "/c"])
    let input = CorpusConfiguration.Source.table(pairs: "-", sourceColumn: 1, targetColumn: 2)
    #expect(input.resolved(root: "/r") == input)
  }

  @Test("The standard input is copied to a file, once, and that file named instead")
  func standardInput() throws {
    let directory = try TemporaryDirectory()
    let text = "a\t1\nb\t2"
    let path = try directory.write("input", text)
    let saved = dup(0)
    let descriptor = open(path, O_RDONLY)
    dup2(descriptor, 0)
    defer {
      dup2(saved, 0)
      close(saved)
      close(descriptor)
    }
    let source = CorpusConfiguration.Source.table(pairs: "-", sourceColumn: 1, targetColumn: 2)
    let spool = directory.url.appendingPathComponent("run/spool.tsv")
    let spooled = try source.spoolingStandardInput(to: spool)
    #expect(spooled.paths == [spool.path])
    #expect(
      try PairReaderTests.entries(spooled, root: directory)
        == [PairReaderTests.pair(1, "a", "1"), PairReaderTests.pair(2, "b", "2")])
    let files = CorpusConfiguration.Source.parallel(source: "x", target: "y")
    #expect(try files.spoolingStandardInput(to: spool) == files)
    let both = CorpusConfiguration.Source.parallel(source: "-", target: "-")
    #expect(throws: TextError.self) { try both.spoolingStandardInput(to: spool) }
    #expect(throws: TextError.self) { try PairReader(both) }
  }
}
