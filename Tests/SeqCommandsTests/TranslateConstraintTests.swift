import Foundation
import SeqCommands
import SeqKit
import Testing

extension CommandLineTests {
  /// What a person asks of translations: words that must or must not come, and no repetition.
  @Suite("translate: constraints")
  struct TranslateConstraintTests {
    let model: String
    let folder: TestFolder

    init() throws {
      model = try ToyModel.path()
      folder = try TestFolder()
      try folder.write("in", ToyModel.sentences.map { $0 + "\n" }.joined())
    }

    private func translate(_ options: [String]) throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(["translate", model, "--input", folder["in"]] + options)
    }

    private func tokens(_ options: [String]) throws -> [[String]] {
      let outcome = try translate(options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.lines.map { $0.split(separator: " ").map(String.init) }
    }

    @Test("forbidden words and phrases never come")
    func forbidden() throws {
      let free = try tokens([])
      let pairs = free.flatMap { zip($0, $0.dropFirst()).map { "\($0) \($1)" } }
      let phrase = try #require(pairs.first { !$0.contains("a") })
      try folder.write("phrases", "a\n\n\(phrase)\nzebra\n")
      let outcome = try translate(["--forbid", folder["phrases"]])
      #expect(outcome.status == 0)
      #expect(
        outcome.errors.contains("phrases:4: 'zebra' is outside the vocabulary"),
        "\(outcome.errors)")
      #expect(free.contains { $0.contains("a") })
      for line in outcome.lines {
        #expect(!line.contains("a") && !line.contains(phrase))
      }
      #expect(try translate(["--forbid", folder["none"]]).status == 66)
      try folder.write("bytes", [0xFF, 0x0A])
      #expect(try translate(["--forbid", folder["bytes"]]).status == 65)
    }

    @Test("phrases are read without an unknown token too")
    func noUnknownToken() {
      let tokenizer = CharacterTokenizer(
        vocabulary: Vocabulary(
          pieces: ["<pad>", "</s>", "a", "b"].map { Array($0.utf8) },
          specialTokens: SpecialTokens(
            padding: 0, beginning: 0, end: 1, unknown: SpecialTokens.none)))
      let reader = PhraseReader(
        TextCodec(
          configuration: TokenizerConfiguration(type: .character), source: tokenizer,
          target: tokenizer))
      #expect(reader.tokens(of: Array("ab".utf8)) == [2, 3])
      #expect(reader.tokens(of: Array("az".utf8)) == nil)
    }

    @Test("nothing is said twice where that is asked for")
    func repetition() throws {
      #expect(try tokens(["--min-length", "9"]).contains { Set($0).count < $0.count })
      for line in try tokens(["--no-repeat-ngram", "1"]) {
        #expect(Set(line).count == line.count)
      }
      let punished = try tokens(["--repetition-penalty", "1000", "--max-length", "8"])
      #expect(punished.allSatisfy { Set($0).count == $0.count })
    }

    @Test("one token begins every translation")
    func firstToken() throws {
      let free = try tokens([])
      #expect(Set(free.compactMap(\.first)).count > 1)
      let begun = try tokens(["--first-token", "c", "--beam-size", "3"])
      #expect(begun.count == free.count && begun.allSatisfy { $0.first == "c" })
      #expect(Set(begun).count > 1)
      let unknown = try translate(["--first-token", "zebra"])
      #expect(unknown.status == 64)
      #expect(unknown.errors.contains("has no 'zebra'"), "\(unknown.errors)")
    }

    @Test("translations begin with their prefixes")
    func prefixes() throws {
      let free = try tokens([])
      let prefixes = free.indices.map { ["", "j", "a b", "i i i"][$0 % 4] }
      try folder.write("prefixes", prefixes.map { $0 + "\n" }.joined())
      for options in [[], ["--beam-size", "1"], ["--max-length", "2"]] {
        let lines = try translate(["--prefix", folder["prefixes"]] + options).lines
        #expect(lines.count == prefixes.count)
        for (index, (line, prefix)) in zip(lines, prefixes).enumerated() {
          #expect(line.hasPrefix(prefix))
          if prefix.isEmpty && options.isEmpty {
            #expect(line == free[index].joined(separator: " "))
          }
        }
      }
      try folder.write("short", "a\n")
      let short = try translate(["--prefix", folder["short"]])
      #expect(short.status == 65)
      #expect(short.output == "")
      #expect(
        short.errors.contains("short: 1 lines, but \(folder["in"]) has \(prefixes.count)"),
        "\(short.errors)")
      try folder.write("long", prefixes.map { $0 + "\n" }.joined() + "a\n")
      let long = try translate(["--prefix", folder["long"], "--output", folder["out"]])
      #expect(long.status == 65 && !folder.contains("out"))
      #expect(long.errors.contains("long: \(prefixes.count + 1) lines, but "), "\(long.errors)")
      try folder.write(
        "bytes", [0xFF, 0x0A] + Array(prefixes.dropFirst().joined(separator: "\n").utf8) + [0x0A])
      let bytes = try translate(["--prefix", folder["bytes"]])
      #expect(bytes.status == 65 && bytes.lines.count == prefixes.count && bytes.lines[0] == "")
    }

    @Test("a line too many or too few that nobody can count beforehand is seen on the way")
    func companionsOfAStream() throws {
      let lines = ToyModel.sentences.count
      for option in ["--prefix", "--require-lines"] {
        func run(_ count: Int) throws -> CommandLineTool.Outcome {
          try folder.write("companion", String(repeating: "\n", count: count))
          return try CommandLineTool.run(
            ["translate", model, option, folder["companion"], "--output", folder["out\(count)"]],
            input: folder.text("in"))
        }
        #expect(try run(lines).status == 0)
        let more = try run(lines + 1)
        #expect(more.status == 65)
        #expect(
          more.errors.contains("companion: more than the \(lines) lines of the input"),
          "\(more.errors)")
        // The work is done, and kept.
        #expect(folder.text("out\(lines + 1)") == folder.text("out\(lines)"))
        let fewer = try run(lines - 1)
        #expect(fewer.status == 65 && !folder.contains("out\(lines - 1)"))
        #expect(
          fewer.errors.contains("companion: \(lines - 1) lines, the input has more"),
          "\(fewer.errors)")
      }
    }

    @Test("with every constraint a line has the same bits alone and in any batch")
    func independence() throws {
      let count = ToyModel.sentences.count
      try folder.write("prefixes", (0..<count).map { $0 % 3 == 0 ? "c\n" : "\n" }.joined())
      try folder.write("phrases", "b\nd e\n")
      let options = [
        "--prefix", folder["prefixes"], "--forbid", folder["phrases"], "--no-repeat-ngram", "2",
        "--repetition-penalty", "1.3", "--min-length", "2", "--max-length", "7", "--n-best", "2",
        "--format", "jsonl",
      ]
      let reference = try translate(options).lines
      for more in [["--batch-tokens", "1"], ["--workers", "1"], ["--batch-tokens", "100000"]] {
        #expect(try ScoreAgreement.holds(translate(options + more).lines, reference))
      }
    }

    @Test("senseless constraints are refused")
    func usage() throws {
      for options in [
        ["--no-repeat-ngram", "0"], ["--repetition-penalty", "0"], ["--repetition-penalty", "nan"],
        ["--min-length", "-1"], ["--min-length", "5", "--max-length", "4"],
        ["--input", "-", "--prefix", "-"],
      ] {
        #expect(try translate(options).status == 64, "\(options)")
      }
    }

    @Test("evaluate reads compressed files")
    func compressedSegments() throws {
      #expect(
        try CommandLineTool.shell("gzip -c in > in.gz", in: folder).status == 0)
      let outcome = try CommandLineTool.run([
        "evaluate", "--hypothesis", folder["in.gz"], "--reference", folder["in"], "--json",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("\"score\": 100.0"))
    }
  }
}
