import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// What a person asks of the search, of required words and of translations that grow.
  @Suite("translate: search")
  struct TranslateSearchTests {
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

    @Test("required words come in every translation, and in the lines that ask for them")
    func required() throws {
      try folder.write("phrases", "a b\n\nj\n")
      for beamSize in ["1", "5"] {
        let outcome = try translate(["--require", folder["phrases"], "--beam-size", beamSize])
        #expect(outcome.status == 0, "\(outcome.errors)")
        for line in outcome.lines {
          #expect(" \(line) ".contains(" a b ") && " \(line) ".contains(" j "), "\(line)")
        }
      }
      let count = ToyModel.sentences.count
      try folder.write(
        "lines", (0..<count).map { $0 % 2 == 0 ? "\n" : "c d\ti\n" }.joined())
      let free = try translate([]).lines
      let lines = try translate(["--require-lines", folder["lines"]]).lines
      for index in 0..<count {
        if index % 2 == 0 {
          #expect(lines[index] == free[index])
        } else {
          #expect(" \(lines[index]) ".contains(" c d ") && " \(lines[index]) ".contains(" i "))
        }
      }
    }

    @Test("what cannot come is said, and the other lines are not lost")
    func impossible() throws {
      try folder.write("unknown", "zebra\n")
      let unknown = try translate(["--require", folder["unknown"]])
      #expect(unknown.status == 65 && unknown.output == "")
      #expect(unknown.errors.contains("unknown:1"), "\(unknown.errors)")
      #expect(unknown.errors.contains("outside the vocabulary"))
      let count = ToyModel.sentences.count
      try folder.write(
        "lines", "zebra\na b c d e f g h i j\n" + String(repeating: "\n", count: count - 2))
      let outcome = try translate(["--require-lines", folder["lines"], "--max-length", "9"])
      #expect(outcome.status == 65)
      #expect(outcome.lines.count == count && outcome.lines[0] == "" && outcome.lines[1] == "")
      #expect(outcome.lines[2...] == (try translate(["--max-length", "9"]).lines[2...]))
      #expect(outcome.errors.contains("line 1: must have 'zebra'"), "\(outcome.errors)")
      #expect(outcome.errors.contains("line 2: cannot be translated: its required phrases need"))
      #expect(!outcome.errors.contains("batch"), "\(outcome.errors)")
    }

    @Test("lines that spoil their batches are named, whatever the batches are")
    func spoiledBatches() throws {
      let spoiling = [3, 4, 20, 41]
      let lines = ToyModel.sentences.indices.map { spoiling.contains($0) ? "a b c d e\n" : "\n" }
      try folder.write("lines", lines.joined())
      let short = ["--max-length", "4"]
      let free = try translate(short).lines
      for options in [[], ["--batch-tokens", "60"], ["--batch-tokens", "1"], ["--workers", "1"]] {
        let outcome = try translate(["--require-lines", folder["lines"]] + short + options)
        #expect(outcome.status == 65)
        let messages = spoiling.map { line in
          "Error: line \(line + 1): cannot be translated: its required phrases need 5 more tokens, "
            + "its targets have room for 4; raise the maximum length\n"
        }
        #expect(outcome.errors == messages.joined(), "\(options)")
        #expect(
          outcome.lines == free.indices.map { spoiling.contains($0) ? "" : free[$0] },
          "\(options)")
      }
    }

    @Test("what a model without attention cannot do is said once, before anything is written")
    func withoutAttention() throws {
      let toy = try ToyRun()
      let trained = try toy.train(
        "blind",
        [
          "--set",
          "model={ type: recurrent, attention: null, embedding_size: 16, hidden_size: 16 }",
          "--set", "tokenizer={ type: whitespace }", "--set", "training.max_steps=2",
          "--set", "validation.every_epochs=1000",
        ])
      try #require(trained.status == 0, "\(trained.errors)")
      let blind = toy.folder["blind"]
      for options in [[], ["--stream"]] {
        let outcome = try CommandLineTool.run(
          ["translate", blind, "--input", folder["in"], "--coverage-penalty", "1"] + options)
        #expect(outcome.status == 64 && outcome.output == "", "\(options)")
        #expect(
          outcome.errors
            == "Error: search options: a coverage penalty needs a model that attends to the source, "
            + "token by token\n")
      }
      // Of an ensemble the first model is looked at.
      for option in [
        ["--alignments"], ["--attention", "--format", "jsonl"], ["--replace-unknown"],
      ] {
        func run(_ models: [String]) throws -> CommandLineTool.Outcome {
          try CommandLineTool.run(["translate"] + models + ["--input", folder["in"]] + option)
        }
        let refused = try run([blind, model])
        #expect(refused.status == 64 && refused.output == "", "\(option)")
        #expect(refused.errors.contains("blind has no attention"), "\(refused.errors)")
        let given = try run([model, blind])
        #expect(given.status == 0, "\(option): \(given.errors)")
      }
    }

    @Test("what is streamed is the translation, in text and in objects")
    func streaming() throws {
      for options in [["--beam-size", "1"], ["--beam-size", "4"], ["--alignments"]] {
        let whole = try translate(options)
        let stream = try translate(options + ["--stream"])
        #expect(stream.status == 0, "\(stream.errors)")
        #expect(stream.output == whole.output)
      }
      var additions: [Int: String] = [:]
      var number = 1
      for line in try translate(["--stream", "--format", "jsonl", "--beam-size", "1"]).lines {
        let object = try ToyRun.object(line)
        if let addition = object["addition"] as? String {
          #expect(object["line"] as? Int == number)
          additions[number, default: ""] += addition
        } else {
          #expect(object["translation"] as? String == additions[number] ?? "")
          number += 1
        }
      }
      #expect(number == ToyModel.sentences.count + 1)
      #expect(try translate(["--stream", "--n-best", "2"]).status == 64)
    }

    @Test("a line that cannot be translated does not stop a stream")
    func streamingPastErrors() throws {
      let outcome = try CommandLineTool.run(
        ["translate", model, "--stream"],
        bytes: Array("a b\n".utf8) + [0xFF, 0x0A] + Array("\nc d\n".utf8))
      #expect(outcome.status == 65)
      #expect(outcome.errors == "Error: line 2: not valid UTF-8; save the text as UTF-8\n")
      #expect(outcome.lines.count == 4 && outcome.lines[1] == "" && outcome.lines[2] == "")
      #expect(outcome.lines[3] != "")
    }

    @Test("lengths may depend on the source")
    func lengths() throws {
      for (index, line) in try translate(["--max-length", "0.5x"]).lines.enumerated() {
        // EOS counts as a token of the source.
        let source = ToyModel.sentences[index].split(separator: " ").count + 1
        #expect(line.split(separator: " ").count <= source / 2)
      }
      for line in try translate(["--min-length", "0x+7", "--max-length", "9"]).lines {
        #expect((7...9).contains(line.split(separator: " ").count))
      }
      for length in ["x", "2x3", "-1", "0.5", "1x+", "axb", "nanx", "-1x"] {
        #expect(try translate(["--max-length=\(length)"]).status == 64, "\(length)")
      }
    }

    @Test("groups, coverage, stopping and normalisation change what is found")
    func variants() throws {
      let lists = try translate(["--n-best", "4", "--beam-size", "4"]).output
      var outputs: Set<String> = [lists]
      for options in [
        ["--diverse-groups", "4", "--diversity", "3"], ["--coverage-penalty", "2"],
        ["--length-normalization", "none"], ["--length-normalization", "average"],
        ["--patience", "0.25"],
      ] {
        let outcome = try translate(["--n-best", "4", "--beam-size", "4"] + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let isNew = outputs.insert(outcome.output).inserted
        #expect(isNew, "\(options)")
      }
      for options in [
        ["--diverse-groups", "6"], ["--coverage-penalty=-1"], ["--patience", "0"],
        ["--diversity", "nan"], ["--patience", "2", "--stopping", "provably_best"],
      ] {
        let outcome = try translate(options)
        #expect(outcome.status == 64 && !outcome.errors.isEmpty, "\(options)")
      }
    }

    @Test("flags that would change nothing are refused")
    func flagsWithoutEffect() throws {
      let cases: [(flags: [String], message: String)] = [
        (["--sample", "--beam-size", "2"], "--beam-size has no meaning with --sample"),
        (["--sample", "--diverse-groups", "2"], "--diverse-groups has no meaning with --sample"),
        (
          ["--sample", "--coverage-penalty", "0"], "--coverage-penalty has no meaning with --sample"
        ),
        (["--sample", "--stopping", "none_ahead"], "--stopping has no meaning with --sample"),
        (["--sample", "--patience", "2"], "--patience has no meaning with --sample"),
        (
          ["--sample", "--samples", "2", "--mbr", "chrf", "--length-penalty", "1"],
          "--length-penalty has no meaning with --mbr"
        ),
        (
          ["--sample", "--samples", "2", "--mbr", "bleu", "--length-normalization", "average"],
          "--length-normalization has no meaning with --mbr"
        ),
        (["--diversity", "1"], "--diversity has no meaning without --diverse-groups"),
        (
          ["--diverse-groups", "1", "--diversity", "1"],
          "--diversity has no meaning without --diverse-groups"
        ),
        (
          ["--length-penalty", "1", "--length-normalization", "average"],
          "--length-penalty has no meaning with --length-normalization average"
        ),
        (
          ["--length-penalty", "1", "--length-normalization", "none"],
          "--length-penalty has no meaning with --length-normalization none"
        ),
        (["--ensemble", "linear"], "--ensemble has no meaning with one model"),
      ]
      for (flags, message) in cases {
        let outcome = try translate(flags)
        #expect(outcome.status == 64 && outcome.output == "", "\(flags)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
      }
    }

    @Test("samples are the same for the same seed, in any batch, and other ones for another")
    func sampling() throws {
      let options = ["--sample", "--n-best", "3", "--format", "jsonl", "--temperature", "1.5"]
      let first = try translate(options)
      #expect(first.status == 0, "\(first.errors)")
      for more in [["--workers", "1"], ["--batch-tokens", "1"], ["--batch-tokens", "100000"]] {
        #expect(try ScoreAgreement.holds(translate(options + more).lines, first.lines))
      }
      #expect(try translate(options + ["--seed", "1"]).lines.count == first.lines.count)
      #expect(try translate(options + ["--seed", "2"]).output != first.output)
      // Cold, or from one token alone, it is greedy search.
      let greedy = try translate(["--beam-size", "1"]).output
      for cold in [
        ["--temperature", "0"], ["--top-k", "1"], ["--top-p", "0"], ["--min-p", "1"],
      ] {
        #expect(try translate(["--sample"] + cold).output == greedy, "\(cold)")
      }
      #expect(try translate(["--sample", "--temperature", "0", "--stream"]).output == greedy)
    }

    @Test("of many samples the likeliest, or the one most like the others")
    func bestOfMany() throws {
      let hot = ["--sample", "--temperature", "2", "--format", "jsonl"]
      func mean(_ options: [String]) throws -> Double {
        let scores = try translate(hot + options).lines.map {
          try #require(try ToyRun.object($0)["score"] as? Double)
        }
        return scores.reduce(0, +) / Double(scores.count)
      }
      let one = try mean([])
      #expect(try mean(["--samples", "20"]) > one + 0.1)
      for metric in ["bleu", "chrf"] {
        // Utilities are shares of a hundred.
        let utility = try mean(["--samples", "20", "--mbr", metric])
        #expect(utility > 0 && utility <= 100)
      }
      for options in [
        ["--top-k", "3"], ["--sample", "--top-p", "2"], ["--sample", "--samples", "0"],
        ["--sample", "--samples", "2", "--n-best", "3"], ["--mbr", "chrf"],
        ["--sample", "--require", folder["in"]], ["--sample", "--samples", "3", "--stream"],
      ] {
        #expect(try translate(options).status == 64, "\(options)")
      }
    }

    @Test("attention has a row for each token and the end, and sums to one")
    func attention() throws {
      for line in try translate(["--attention", "--format", "jsonl", "--n-best", "2"]).lines {
        let object = try ToyRun.object(line)
        let source = try #require(object["source"] as? String)
        for answer in try #require(object["n_best"] as? [[String: Any]]) {
          let rows = try #require(answer["attention"] as? [[Double]])
          #expect(rows.count == (answer["tokens"] as? [String] ?? []).count + 1)
          for row in rows {
            #expect(row.count == source.split(separator: " ").count + 1)
            #expect(abs(row.reduce(0, +) - 1) < 1e-5)
          }
        }
      }
      #expect(try translate(["--attention"]).status == 64)
    }

    @Test("names that no vocabulary holds come through")
    func unknownWords() throws {
      // The toy never writes an unknown token by itself: made to, it writes the word looked at.
      try folder.write("unknown", "<unk>\n")
      try folder.write("zebra", "zebra zebra\n")
      let forced = try CommandLineTool.run([
        "translate", model, "--input", folder["zebra"], "--require", folder["unknown"],
        "--replace-unknown", "--alignments", "--format", "jsonl",
      ])
      #expect(forced.status == 0, "\(forced.errors)")
      let object = try ToyRun.object(try #require(forced.lines.first))
      let tokens = try #require(object["tokens"] as? [String])
      let words = try #require(object["translation"] as? String).split(separator: " ")
      let links = try #require(object["alignment"] as? [[Int]])
      #expect(tokens.contains("<unk>"))
      for (place, token) in tokens.enumerated() where token == "<unk>" {
        #expect(links.contains { $0[1] == place })
        #expect(words[place] == "zebra")
      }
    }

    @Test("a model beside itself is itself; one of other tokens is refused")
    func ensembles() throws {
      let alone = try translate([]).output
      for rule in ["linear", "log_linear"] {
        let outcome = try CommandLineTool.run([
          "translate", model, model, "--ensemble", rule, "--input", folder["in"],
        ])
        #expect(outcome.output == alone, "\(outcome.errors)")
      }
      let other = try ToyRun()
      let trained = try other.train(
        "other",
        [
          "--set", "tokenizer={ type: character }", "--set", "training.max_steps=2",
          "--set", "validation.every_epochs=1000",
        ])
      try #require(trained.status == 0, "\(trained.errors)")
      let outcome = try CommandLineTool.run(
        ["translate", model, other.folder["other"], "--input", folder["in"]])
      #expect(outcome.status != 0 && outcome.output == "")
      #expect(outcome.errors.contains("ensemble"), "\(outcome.errors)")
    }
  }
}
