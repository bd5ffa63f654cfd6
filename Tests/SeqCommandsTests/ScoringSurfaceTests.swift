import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// The commands that say how good something is and what is in it.
  @Suite("score, evaluate, inspect, tokenizer")
  struct ScoringSurfaceTests {
    let model: String
    let folder: TestFolder

    init() throws {
      model = try ToyModel.path()
      folder = try TestFolder()
      try folder.write("source", ToyModel.sentences.map { $0 + "\n" }.joined())
    }

    @Test("score gives translate's own translations translate's own scores")
    func scores() throws {
      let translated = try CommandLineTool.run([
        "translate", model, "--input", folder["source"], "--length-penalty", "0", "--format",
        "jsonl",
      ])
      let objects = try translated.lines.map { try ToyRun.object($0) }
      let texts = objects.compactMap { $0["translation"] as? String }
      #expect(texts.count == ToyModel.sentences.count)
      try folder.write("target", texts.map { $0 + "\n" }.joined())
      let arguments = ["score", model, "--source", folder["source"], "--target", folder["target"]]
      let scored = try CommandLineTool.run(arguments)
      #expect(scored.status == 0)
      #expect(scored.lines.count == texts.count)
      for (object, line) in zip(objects, scored.lines) {
        let (expected, found) = (
          try #require(object["score"] as? Double), try #require(Double(line))
        )
        // The search sums over a growing past, the scorer over whole sentences: rounding differs.
        #expect(abs(expected - found) <= 1e-5 * max(1, abs(expected)))
      }
      // The same bits whoever computes.
      #expect(try CommandLineTool.run(arguments + ["--workers", "1"]).output == scored.output)
      let json = try CommandLineTool.run(arguments + ["--format", "jsonl"])
      for (line, score) in zip(json.lines, scored.lines) {
        let object = try ToyRun.object(line)
        let tokens = try #require(object["token_log_probabilities"] as? [Double])
        #expect(abs(tokens.reduce(0, +) - (Double(score) ?? .nan)) < 1e-4)
        let target = try #require(object["target"] as? String)
        #expect(
          object["tokens"] as? [String]
            == target.split(separator: " ").map(String.init) + ["</s>"])
        #expect(
          tokens.count == (object["target"] as? String)?.split(separator: " ").count.advanced(by: 1)
        )
      }
      let sum = scored.lines.compactMap(Double.init).reduce(0, +)
      #expect(scored.errors.contains("log-probability \(String(format: "%.4f", sum))"))
    }

    @Test("what cannot be scored is an error with its place")
    func unscorable() throws {
      try folder.write("short", "a b\n")
      let unequal = try CommandLineTool.run([
        "score", model, "--source", folder["source"], "--target", folder["short"],
      ])
      #expect(unequal.status == 65)
      #expect(unequal.errors.contains("different numbers of lines"))
      #expect(
        try CommandLineTool.run([
          "score", model, "--source", folder["none"], "--target", folder["short"],
        ]).status == 66)
      // A table of positions ends somewhere.
      let toy = try ToyRun()
      let training = try toy.train(
        "learned",
        [
          "--set", "model.positions=learned", "--set", "model.max_positions=9", "--set",
          "data.max_length=8", "--set", "training.max_steps=2",
        ])
      #expect(training.status == 0, "\(training.errors)")
      try folder.write("long", "a b\na b c d e f g h i j a b c d e f g h i j\n")
      try folder.write("both", "a b\na\n")
      let long = try CommandLineTool.run([
        "score", toy.folder["learned"], "--source", folder["both"], "--target", folder["long"],
      ])
      #expect(long.status == 65)
      #expect(long.errors.contains("long:2: "))
      #expect(long.errors.contains("at most 9"))
      let translation = try CommandLineTool.run(
        ["translate", toy.folder["learned"], "--input", folder["long"]])
      #expect(translation.status == 65)
      #expect(translation.errors.contains("line 2: "))
      #expect(translation.lines.count == 2)
    }

    @Test("of two files the one at fault is named, and only one can be the standard input")
    func sides() throws {
      try folder.write("text", "a b\nc d\n")
      try folder.write("bytes", Array("a b\n".utf8) + [0x63, 0xFF, 0x0A])
      for command in [["score", model], ["inspect", "exposure", model]] {
        func run(_ source: String, _ target: String) throws -> CommandLineTool.Outcome {
          try CommandLineTool.run(command + ["--source", source, "--target", target])
        }
        for (side, outcome) in [
          ("source", try run(folder["bytes"], folder["text"])),
          ("target", try run(folder["text"], folder["bytes"])),
        ] {
          #expect(outcome.status == 65)
          #expect(
            outcome.errors.contains("bytes:2: the \(side) is not UTF-8 at byte 2"),
            "\(outcome.errors)")
        }
        let both = try run("-", "-")
        #expect(both.status == 64)
        #expect(
          both.errors.contains(
            "Only one of --source and --target can be the standard input."), "\(both.errors)")
      }
    }

    @Test("evaluate scores files, and says which are missing or of the wrong length")
    func evaluate() throws {
      try folder.write("reference", "the cat sat on the mat\n\na dog\n")
      try folder.write("other", "the cat sat on the mat\n")
      let same = try CommandLineTool.run(
        [
          "evaluate", "--hypothesis", folder["reference"], "--reference", folder["reference"],
          "--json",
        ])
      #expect(same.status == 0)
      let object = try ToyRun.object(same.output)
      #expect(object["name"] as? String == "BLEU")
      #expect(object["score"] as? Double == 100)
      #expect(
        (object["signature"] as? String)?.hasPrefix("nrefs:1|case:mixed|eff:no|tok:13a") == true)
      let unequal = try CommandLineTool.run(
        ["evaluate", "--hypothesis", folder["other"], "--reference", folder["reference"]])
      #expect(unequal.status == 65)
      #expect(unequal.errors.contains("has 1 lines") && unequal.errors.contains("has 3;"))
      let missing = try CommandLineTool.run(
        ["evaluate", "--hypothesis", folder["none"], "--reference", folder["reference"]])
      #expect(missing.status == 66)
      #expect(missing.errors.contains("none: no such file"))
    }

    @Test("evaluate counts errors and exact matches, of words with several pronunciations too")
    func evaluateErrors() throws {
      try folder.write("first", "T AH M EY T OW\nK AE T\nD AO G\n")
      try folder.write("second", "T AH M AA T OW\n\n\n")
      try folder.write("said", "T AH M AA T OW\nK AH T\nD AO G\n")
      let arguments = [
        "evaluate", "--hypothesis", folder["said"], "--reference", folder["first"],
        folder["second"], "--metric", "per", "--metric", "exact_match", "--width", "2",
      ]
      let lines = try CommandLineTool.run(arguments)
      #expect(
        lines.lines == [
          "PER|nrefs:2|case:mixed|unit:phoneme|version:1 = 8.33 "
            + "(sub = 1 ins = 0 del = 0 right = 11 hyp_len = 12 ref_len = 12)",
          "exact_match|nrefs:2|case:mixed|version:1 = 66.67 (exact = 2 segments = 3)",
        ])
      let json = try CommandLineTool.run(
        ["evaluate", "--hypothesis", folder["said"], "--reference", folder["first"], "--json"]
          + ["--metric", "cer"])
      let object = try ToyRun.object(json.output)
      #expect(object["name"] as? String == "CER")
      #expect(object["unit"] as? String == "character")
      let table = try CommandLineTool.run(
        ["evaluate", "--hypothesis", folder["said"], "--hypothesis", folder["first"]]
          + ["--reference", folder["first"], "--metric", "wer", "--metric", "bleu"])
      #expect(table.lines.first?.hasSuffix("  WER   BLEU") == true, "\(table.output)")
      #expect(table.lines[2].contains("  0.0  100.0"))
    }

    @Test("inspect model lists choices, sizes and parameters")
    func inspect() throws {
      let outcome = try CommandLineTool.run(["inspect", "model", model])
      #expect(outcome.status == 0)
      for words in ["transformer", "whitespace", "embedding_size", "float32"] {
        #expect(outcome.output.contains(words), "\(words)")
      }
      let parameters = outcome.output.split(separator: "\n").filter { $0.contains("deviation") }
      #expect(outcome.output.contains("in \(parameters.count) tensors"))
      #expect(try CommandLineTool.run(["inspect", "model", folder["none"]]).status == 66)
    }

    @Test("tokenizer encodes and decodes with a model's vocabulary")
    func tokenizer() throws {
      let encoded = try CommandLineTool.run(
        ["tokenizer", "encode", model, "--ids"], input: "a b c\n\n")
      #expect(encoded.status == 0)
      #expect(encoded.lines.count == 2 && encoded.lines[1] == "")
      let decoded = try CommandLineTool.run(
        ["tokenizer", "decode", model, "--ids"], input: encoded.output)
      #expect(decoded.output == "a b c\n\n")
      let wrong = try CommandLineTool.run(
        ["tokenizer", "decode", model, "--ids"], input: "x\n" + encoded.output)
      #expect(wrong.status == 65)
      #expect(wrong.errors == "Error: line 1: 'x' is no id of the vocabulary\n")
      #expect(wrong.lines.dropFirst().joined(separator: "\n") + "\n" == decoded.output)
      #expect(try CommandLineTool.run(["tokenizer", "encode", folder["none"]]).status == 66)
    }

    @Test("what no tokenizer can be learned from, or by, is an error that says what helps")
    func tokenizerProblems() throws {
      let folder = try TestFolder()
      try folder.write("text", "a b c\nd e f\n")
      try folder.write("empty", "")
      try folder.write("latin", [0x61, 0xFF, 0x0A])
      try folder.write("config.json", "{}")
      let cases: [([String], String, Int32, String)] = [
        (["--type", "bpe"], "text", 64, "needs --vocabulary-size, for instance 8000"),
        (["--vocabulary-size", "4"], "text", 64, "--vocabulary-size is 4; it must be at least 5"),
        (["--vocabulary-size", "-4"], "text", 64, "--vocabulary-size is -4"),
        (["--type", "character", "--minimum-frequency", "0"], "text", 64, "must be at least 1"),
        (["--character-coverage", "0.5", "--vocabulary-size", "9"], "text", 64, "from 0.98 to 1"),
        (["--vocabulary-size", "900"], "text", 78, "expected at most"),
        (
          ["--type", "byte", "--vocabulary-size", "100"], "text", 64,
          "--vocabulary-size has no effect with --type byte"
        ),
        (
          ["--unit", "grapheme", "--vocabulary-size", "9"], "text", 64,
          "--unit has no effect with --type bpe"
        ),
        (["--type", "character", "--byte-fallback"], "text", 64, "--byte-fallback has no effect"),
        (["--type", "character"], "empty", 65, "empty: no text to learn a vocabulary from"),
        (["--type", "byte"], "none", 66, "none: cannot be opened"),
        (["--type", "character"], "latin", 65, "latin:1: no text"),
      ]
      for (options, file, status, message) in cases {
        let outcome = try CommandLineTool.run(
          ["tokenizer", "train", "--output", folder["out"]] + options + [folder[file]])
        #expect(outcome.status == status, "\(options): \(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        checkTone(of: outcome.errors)
        #expect(!folder.contains("out"))
      }
      // The tokenizer of a model is not replaced.
      let model = try CommandLineTool.run(
        ["tokenizer", "train", "--type", "byte", "--output", folder.path, folder["text"]])
      #expect(model.status == 73)
      #expect(model.errors.contains("holds a model"))
      #expect(folder.names() == ["config.json", "empty", "latin", "text"])
      for command in ["encode", "decode"] {
        let missing = try CommandLineTool.run(["tokenizer", command, folder["none"]])
        #expect(missing.status == 66)
        #expect(missing.errors.contains("none/tokenizer.json: cannot be opened"))
      }
    }

    @Test("the version, and what is no command")
    func usage() throws {
      let version = try CommandLineTool.run(["--version"])
      #expect(version.output == "0.1.0\n")
      #expect(version.status == 0)
      let unknown = try CommandLineTool.run(["frobnicate"])
      #expect(unknown.status == 64)
      #expect(unknown.errors.contains("there is no command 'frobnicate'; the commands are demo,"))
      for (words, meant) in [(["trian", "x"], "train"), (["inspect", "modle", "x"], "model")] {
        let slip = try CommandLineTool.run(words)
        #expect(slip.status == 64)
        #expect(slip.errors.contains("did you mean '\(meant)'?"))
      }
      #expect(try CommandLineTool.run(["translate"]).status == 64)
      let help = try CommandLineTool.run(["--help"])
      #expect(help.status == 0)
      for command in ["demo", "train", "translate", "score", "evaluate", "tokenizer", "inspect"] {
        #expect(help.output.contains("  \(command) "), "\(command)")
      }
      for arguments in [
        ["demo"], ["train", "x"], ["translate", "x"],
        ["score", "x", "--source", "x", "--target", "x"],
      ] {
        let outcome = try CommandLineTool.run(arguments + ["--workers", "0"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--workers is 0; it must be from 1 to 1024."))
      }
    }
  }
}
