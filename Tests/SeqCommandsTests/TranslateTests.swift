import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// `translate` as a filter: lines in, lines out.
  @Suite("translate")
  struct TranslateTests {
    let model: String
    let folder: TestFolder

    init() throws {
      model = try ToyModel.path()
      folder = try TestFolder()
    }

    private func translate(_ text: String, _ options: [String] = []) throws
      -> CommandLineTool.Outcome
    {
      try CommandLineTool.run(["translate", model] + options, input: text)
    }

    private var text: String { ToyModel.sentences.map { $0 + "\n" }.joined() }

    @Test("one line out for each line in, in their order")
    func lines() throws {
      let outcome = try translate(text)
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      #expect(outcome.lines.count == ToyModel.sentences.count)
      // The model tells sentences apart, or the tests below would prove nothing.
      #expect(Set(outcome.lines).count > 20)
      // In another order they are the same lines.
      let reversed = try translate(
        ToyModel.sentences.reversed().map { $0 + "\n" }.joined())
      #expect(reversed.lines == outcome.lines.reversed())
      // With the ends of lines of Windows, and without the last.
      let windows = try translate(ToyModel.sentences.joined(separator: "\r\n"))
      #expect(windows.output == outcome.output)
    }

    @Test("a line of nothing, or of nothing but spaces and tabs, gives an empty line")
    func emptyLines() throws {
      let outcome = try translate("a b\n\n   \nc d\n")
      #expect(outcome.status == 0)
      #expect(outcome.lines.count == 4)
      #expect(outcome.lines[1] == "" && outcome.lines[2] == "")
      #expect(outcome.lines[0] == (try translate("a b\n")).lines[0])
      #expect(outcome.lines[3] == (try translate("c d\n")).lines[0])
      #expect(try translate("").output == "")
      #expect(try translate(" \t \n", ["--stream"]).output == "\n")
      let json = try objects(translate("\n", ["--format", "jsonl"]))
      #expect(json[0]["translation"] as? String == "")
      #expect(json[0]["tokens"] as? [String] == [])
    }

    @Test("a line that is not UTF-8 gives an empty one, a message and status 65")
    func invalidLine() throws {
      let bytes = Array("a b\n".utf8) + [0x61, 0xFF, 0x0A] + Array("c d\n".utf8)
      let outcome = try CommandLineTool.run(["translate", model], bytes: bytes)
      #expect(outcome.status == 65)
      #expect(outcome.errors == "Error: line 2: not valid UTF-8; save the text as UTF-8\n")
      #expect(
        outcome.lines == [try translate("a b\n").lines[0], "", try translate("c d\n").lines[0]])
      let json = try objects(
        CommandLineTool.run(["translate", model, "--format", "jsonl"], bytes: bytes))
      #expect(json.count == 3)
      #expect(json[1]["error"] as? String == "not valid UTF-8; save the text as UTF-8")
      #expect(json[1]["translation"] == nil)
      #expect(json[2]["translation"] as? String == outcome.lines[2])
    }

    @Test("a line's translation and score have the same bits alone, in any batch and any order")
    func independence() throws {
      let reference = try jsonLines(of: ToyModel.sentences)
      for options in [
        ["--batch-tokens", "1"], ["--batch-tokens", "60"], ["--batch-tokens", "100000"],
        ["--workers", "1"], ["--workers", "2", "--batch-tokens", "40"],
      ] {
        #expect(
          try ScoreAgreement.holds(jsonLines(of: ToyModel.sentences, options), reference),
          "\(options)")
      }
      let reversed = try jsonLines(of: ToyModel.sentences.reversed())
      #expect(try ScoreAgreement.holds(reversed, reference.reversed()))
      for index in [0, 7, ToyModel.sentences.count - 1] {
        #expect(
          try ScoreAgreement.holds(
            jsonLines(of: [ToyModel.sentences[index]]), [reference[index]]))
      }
      let greedy = ["--beam-size", "1", "--n-best", "1"]
      #expect(
        try ScoreAgreement.holds(
          jsonLines(of: ToyModel.sentences, greedy + ["--batch-tokens", "1"]),
          jsonLines(of: ToyModel.sentences, greedy)))
    }

    /// JSON Lines as they are written: scores in the shortest form that gives back their bits.
    private func jsonLines(of sentences: [String], _ options: [String] = []) throws -> [String] {
      let outcome = try translate(
        sentences.map { $0 + "\n" }.joined(), ["--format", "jsonl", "--n-best", "3"] + options)
      #expect(outcome.status == 0)
      return outcome.lines
    }

    @Test("n-best lists are ordered, numbered, and begin with the translation")
    func nBest() throws {
      let plain = try translate("a b\nc d e\n", ["--beam-size", "4"])
      let outcome = try translate("a b\nc d e\n", ["--beam-size", "4", "--n-best", "3"])
      #expect(outcome.lines.count == 6)
      let fields = outcome.lines.map { $0.components(separatedBy: " ||| ") }
      #expect(fields.map { $0[0] } == ["1", "1", "1", "2", "2", "2"])
      #expect(fields[0][1] == plain.lines[0] && fields[3][1] == plain.lines[1])
      let scores = fields.compactMap { Double($0[2]) }
      #expect(scores[0] >= scores[1] && scores[1] >= scores[2])
      let json = try translate(
        "a b\nc d e\n", ["--beam-size", "4", "--n-best", "3", "--format", "jsonl"])
      for score in scores.prefix(3) { #expect(json.output.contains("\"score\":\(score),")) }
      #expect(try translate("a\n", ["--beam-size", "2", "--n-best", "3"]).status == 64)
    }

    @Test("files instead of streams; the output appears whole")
    func files() throws {
      try folder.write("in", text)
      let outcome = try CommandLineTool.run(
        ["translate", model, "--input", folder["in"], "--output", folder["out"]])
      #expect(outcome.status == 0)
      #expect(outcome.output == "")
      #expect(folder.text("out") == (try translate(text)).output)
      // As elsewhere, - is the stream and no file of that name.
      let stream = try CommandLineTool.shell(
        "\"$SEQ2SEQ\" translate '\(model)' --input in --output -", in: folder)
      #expect(stream.output == folder.text("out") && !folder.contains("-"))
      let nowhere = try translate("a\n", ["--output", folder["none/out"]])
      #expect(nowhere.status == 73)
      #expect(nowhere.errors.contains("none/out: could not create it"))
      #expect(try translate("a\n", ["--output", folder.path]).status == 73)
      let missing = try translate("", ["--input", folder["none"]])
      #expect(missing.status == 66)
      #expect(missing.errors.contains("none"))
      // A pipe or a device is written to and stays what it is.
      #expect(try translate("a b\n", ["--output", "/dev/null"]).status == 0)
      let status = try CommandLineTool.shell("test -c /dev/null", in: folder)
      #expect(status.status == 0)
    }

    @Test("a missing or damaged model is an error that names the file")
    func missingModel() throws {
      let missing = try CommandLineTool.run(["translate", folder["none"]], input: "a\n")
      #expect(missing.status == 66)
      #expect(missing.errors.contains("none: found no such folder"))
      #expect(missing.output == "")
      #expect(
        try CommandLineTool.shell("cp -r '\(model)' damaged", in: folder).status == 0)
      let parameters = folder.bytes("damaged/model.safetensors")
      try folder.write("damaged/model.safetensors", Array(parameters.dropLast(100)))
      let damaged = try CommandLineTool.run(["translate", folder["damaged"]], input: "a\n")
      #expect(damaged.status == 65)
      #expect(damaged.errors.contains("damaged/model.safetensors"))
    }

    @Test("a reader that stops reading ends it quietly")
    func closedPipe() throws {
      try folder.write("in", String(repeating: text, count: 200))
      let outcome = try CommandLineTool.shell(
        """
        "$SEQ2SEQ" translate '\(model)' --beam-size 1 < in | head -1; echo ${PIPESTATUS[0]}
        """, in: folder)
      #expect(outcome.errors == "")
      #expect(outcome.lines == [try translate(text, ["--beam-size", "1"]).lines[0], "0"])
      // The same where nobody reads the messages.
      let silent = try CommandLineTool.shell(
        """
        printf '\\xff\\n' | "$SEQ2SEQ" translate '\(model)' 2>&-; echo $?
        """, in: folder)
      #expect(silent.lines == ["", "65"])
    }

    @Test(
      "a disk that is full is not taken for a reader that has left",
      .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full"))
    func fullDisk() throws {
      for command in [
        "translate '\(model)'", "score '\(model)' --source in --target in",
        "evaluate --hypothesis in --reference in", "inspect model '\(model)'",
        "tokenizer encode '\(model)'",
      ] {
        try folder.write("in", "a b c d e\n")
        let outcome = try CommandLineTool.shell(
          "\"$SEQ2SEQ\" \(command) < in > /dev/full", in: folder)
        #expect(outcome.status == 74, "\(command)")
        #expect(outcome.errors.contains("standard output: could not write it"), "\(command)")
      }
    }

    @Test("a line gets its answer before the next one is sent")
    func interactive() throws {
      let process = Process()
      let (input, output) = (Pipe(), Pipe())
      process.executableURL = CommandLineTool.executable
      process.arguments = ["translate", model]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      defer { process.terminate() }
      let expected = try translate(text).lines
      for (sentence, answer) in zip(ToyModel.sentences, expected).prefix(5) {
        try input.fileHandleForWriting.write(contentsOf: Data((sentence + "\n").utf8))
        // Blocks until something comes.
        let line = output.fileHandleForReading.availableData
        #expect(String(decoding: line, as: UTF8.self) == answer + "\n")
      }
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }

    @Test("a line that is too long for any model gives a message, and the others their answers")
    func longLine() throws {
      let long = String(repeating: "a ", count: 500_000)
      let outcome = try translate("a b\n\(long)\nc d\n")
      #expect(outcome.status == 65)
      #expect(
        outcome.errors == "Error: line 2: 500001 tokens, the model reads at most 8192; split it\n")
      #expect(
        outcome.lines == [try translate("a b\n").lines[0], "", try translate("c d\n").lines[0]])
      try folder.write("long", long + "\n")
      let score = try CommandLineTool.run(
        ["score", model, "--source", folder["long"], "--target", folder["long"]])
      #expect(score.status == 65)
      #expect(score.errors.contains("long:1: 500001 tokens"))
    }

    @Test("what is no letter is text like any other, and a byte order mark is none")
    func oddCharacters() throws {
      let plain = try translate("a b\n").output
      #expect(try translate("\u{FEFF}a b\n").output == plain)
      for odd in ["a\u{0}b\n", "\u{1B}[31ma\n", "a\u{2028}b\n", "a\rb\n", "\t\n"] {
        let outcome = try translate(odd)
        #expect(outcome.status == 0)
        #expect(outcome.lines.count == 1)
      }
    }

    @Test("senseless options are refused")
    func usage() throws {
      for options in [
        ["--beam-size", "0"], ["--max-length", "0"], ["--batch-tokens", "0"], ["--workers", "0"],
        ["--length-penalty", "nan"], ["--format", "xml"], ["--nonsense"], ["--beam-size", "-1"],
        ["--beam-size", "10001"], ["--beam-size", "9223372036854775807"], ["--n-best", "-1"],
        ["--workers", "1025"], ["--max-length", "-3"], ["--batch-tokens", "-1"],
      ] {
        let outcome = try translate("a\n", options)
        #expect(outcome.status == 64, "\(options)")
        #expect(outcome.errors.hasPrefix("Error: "), "\(options)")
        #expect(outcome.output == "", "\(options)")
        checkTone(of: outcome.errors)
      }
      // A number below zero is a value, not an option.
      let negative = try translate("a\n", ["--beam-size", "-1"])
      #expect(negative.errors.contains("beam size -1, expected 1 (greedy) to 10000"))
    }

    @Test("translations keep to the lengths asked for")
    func lengths() throws {
      let options = ["--format", "jsonl", "--min-length", "3", "--max-length", "4"]
      for object in try objects(translate(text, options)) {
        let count = try #require(object["tokens"] as? [String]).count
        #expect((3...4).contains(count))
      }
    }

    private func objects(_ outcome: CommandLineTool.Outcome) throws -> [[String: Any]] {
      try outcome.lines.map { try ToyRun.object($0) }
    }
  }
}
