import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// `inspect` on a toy run, and what a run leaves to be looked at.
  @Suite("inspect")
  struct InspectTests {
    let model: String
    let folder: TestFolder

    init() throws {
      model = try ToyModel.path()
      folder = try TestFolder()
    }

    private func inspect(_ arguments: [String]) throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(["inspect"] + arguments)
    }

    private func objects(_ outcome: CommandLineTool.Outcome) throws -> [[String: Any]] {
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try outcome.lines.map { try ToyRun.object($0) }
    }

    @Test("batches are those of training, epoch after epoch, and nothing stays behind")
    func batches() throws {
      let toy = try ToyRun()
      let arguments = [
        "batches", toy.folder["toy.yaml"], "--set", "tokenizer={ type: whitespace }", "--count",
        "15", "--format", "jsonl",
      ]
      let before = toy.folder.names()
      let found = try objects(inspect(arguments))
      #expect(toy.folder.names() == before)
      // Seven steps of two batches an epoch: the toy has 13 of 8 pairs.
      #expect(found.map { $0["epoch"] as? Int } == Array(repeating: 0, count: 13) + [1, 1])
      #expect(found.map { $0["batch"] as? Int } == Array(0..<13) + [0, 1])
      var pairs = 0
      for batch in found.prefix(13) {
        let source = try #require(batch["source"] as? [[Int]])
        let target = try #require(batch["target"] as? [[Int]])
        pairs += source.count
        #expect(source.count == target.count)
        // The source ends in EOS, the target is bare, and the task is reversal.
        for (source, target) in zip(source, target) { #expect(source == target.reversed() + [2]) }
        #expect(batch["source_tokens"] as? Int == source.joined().count)
        #expect(batch["target_tokens"] as? Int == target.joined().count + target.count)
      }
      #expect(pairs == 100)
      // Any epoch by itself, and the same again.
      let second = try objects(inspect(arguments + ["--epoch", "1"]))
      #expect("\(second[0]["source"] ?? "")" == "\(found[13]["source"] ?? "")")
      let text = try inspect([
        "batches", toy.folder["toy.yaml"], "--set", "tokenizer={ type: whitespace }", "--count",
        "2", "--pairs", "1",
      ])
      #expect(text.lines.filter { $0.hasPrefix("epoch 0 batch 1 ") }.count == 2)
      #expect(text.lines.last?.hasPrefix("  → ") == true)
    }

    @Test(
      "a signal ends the preparation of batches, and nothing stays behind",
      arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func interruptedBatches(number: Int32, status: Int32) throws {
      let toy = try ToyRun()
      // Reading them takes seconds.
      let block = ToyRun.pairs(2000, seed: 21).map { "\($0.source)\t\($0.target)\n" }.joined()
      try toy.folder.write("many.tsv", String(repeating: block, count: 400))
      try FileManager.default.createDirectory(
        at: folder.url("temporary"), withIntermediateDirectories: true)
      let run = try Run(
        [
          "inspect", "batches", toy.folder["toy.yaml"], "--set", "data.train.pairs=many.tsv",
          "--set", "tokenizer={ type: byte }",
        ], environment: ["TMPDIR": folder["temporary"]])
      defer { run.signal(SIGKILL) }
      #expect(run.waits { !folder.names(in: "temporary").isEmpty })
      usleep(50_000)
      run.signal(number)
      let outcome = try run.outcome()
      #expect(outcome.status == status, "\(outcome.errors)")
      #expect(outcome.errors.contains("interrupted"), "\(outcome.errors)")
      #expect(folder.names(in: "temporary") == [])
    }

    @Test("attention in letters, as SVG and as numbers")
    func attention() throws {
      let arguments = ["attention", model, "--source", "a b c"]
      let text = try inspect(arguments)
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.lines.first == "cross-attention, layer 1 of 1, mean of 2 heads")
      #expect(!text.output.contains("\u{1B}"))
      #expect(try inspect(arguments + ["--color", "always"]).output.contains("\u{1B}[48;5;"))
      let svg = try inspect(
        arguments + [
          "--target", "c b a", "--layer", "all", "--kind", "decoder", "--format", "svg",
          "--output", folder["picture.svg"],
        ])
      #expect(svg.status == 0 && svg.output == "")
      #expect(folder.text("picture.svg").hasPrefix("<svg xmlns="))
      #expect(folder.text("picture.svg").contains("decoder self-attention, layer 1 of 1"))
      let map = try objects(
        inspect(arguments + ["--target", "c b a", "--head", "2", "--format", "jsonl"]))[0]
      #expect(map["rows"] as? [String] == ["c", "b", "a", "</s>"])
      #expect(map["columns"] as? [String] == ["a", "b", "c", "</s>"])
      let weights = try #require(map["weights"] as? [[Double]])
      #expect(weights.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 })
      // What is not there is a mistake of usage.
      for option in [["--layer", "2"], ["--head", "3"], ["--layer", "0"]] {
        #expect(try inspect(arguments + option).status == 64)
      }
    }

    @Test(
      "without a target attention is that of what translate writes",
      arguments: [[], ["--first-token", "c"]] as [[String]])
    func attentionOfTheTranslation(options: [String]) throws {
      let sentences = ToyModel.sentences.prefix(24)
      let written = try CommandLineTool.run(
        ["translate", model] + options, input: sentences.map { $0 + "\n" }.joined())
      #expect(written.lines.count == sentences.count, "\(written.errors)")
      for (sentence, line) in zip(sentences, written.lines) {
        let map = try objects(
          inspect(["attention", model, "--source", sentence, "--format", "jsonl"] + options))[0]
        let tokens = line.split(separator: " " as Character).map(String.init)
        #expect(map["rows"] as? [String] == tokens + ["</s>"], "\(sentence)")
      }
    }

    @Test("masks of a configuration's batch, and of given sentences")
    func masks() throws {
      let toy = try ToyRun()
      let drawn = try inspect(["masks", toy.folder["toy.yaml"], "--batch", "3", "--pairs", "4"])
      #expect(drawn.status == 0, "\(drawn.errors)")
      for title in ["source padding mask [4, ", "causal mask", "memory mask"] {
        #expect(drawn.output.contains(title), "\(title)")
      }
      #expect(try inspect(["masks", toy.folder["toy.yaml"], "--batch", "99"]).status == 64)
      #expect(try inspect(["masks", model]).status == 64)

      let source = try folder.write("source", "a b c\nd\n")
      let target = try folder.write("target", "c b a\nd\n")
      let arguments = ["masks", model, "--source", source, "--target", target]
      let values = try objects(inspect(arguments + ["--format", "jsonl"]))
      #expect(
        values.map { $0["name"] as? String } == [
          "source_padding", "target_padding", "causal", "decoder", "memory",
        ])
      #expect(
        values[0]["values"] as? [Bool] == [
          false, false, false, false, false, false, true, true,
        ])
      #expect(values[4]["shape"] as? [Int] == [2, 4, 4])
      let svg = try inspect(arguments + ["--format", "svg"])
      #expect(svg.output.hasPrefix("<svg xmlns=") && svg.output.contains("url(#hatch)"))
    }

    @Test("a memory mask is of what the decoder attends to: groups of tokens, and no latents")
    func memoryMasks() throws {
      let toy = try ToyRun()
      let arguments = ["masks", toy.folder["toy.yaml"], "--pairs", "4", "--set"]
      let grouped = try objects(
        inspect(arguments + ["model.memory_compression=2", "--format", "jsonl"]))
      let length = try #require((grouped[0]["shape"] as? [Int])?.last)
      let memory = try #require(grouped.last)
      #expect(memory["name"] as? String == "memory")
      #expect((memory["shape"] as? [Int])?.last == (length + 1) / 2)

      let latents = try inspect(arguments + ["model.latent_count=3"])
      #expect(latents.status == 0, "\(latents.errors)")
      #expect(latents.output.contains("causal mask") && !latents.output.contains("memory mask"))
      #expect(latents.errors.contains("no memory mask: the decoder attends to latents"))
      let values = try objects(
        inspect(arguments + ["model.latent_count=3", "--format", "jsonl"]))
      #expect(!values.contains { $0["name"] as? String == "memory" })
    }

    @Test("a run leaves its curves and event files; several are drawn together")
    func curves() throws {
      let toy = try ToyRun()
      #expect(try toy.train("run", ["--set", "training.max_steps=8"]).status == 0)
      #expect(toy.folder.text("run/curves.svg").contains("learning rate"))
      #expect(toy.folder.names(in: "run").filter { $0.contains("tfevents") }.count == 1)
      let run = toy.folder["run"]
      let one = try inspect(["curves", run])
      #expect(one.status == 0, "\(one.errors)")
      #expect(one.output.contains("loss, nats per target token"))
      let two = try inspect(["curves", run, run + "/metrics.jsonl", "--format", "svg"])
      #expect(two.output.contains(">validation, /"))
      #expect(try inspect(["curves", folder.path]).status == 66)
    }

    @Test("exposure compares reading with writing, of one model and of several")
    func exposure() throws {
      let sources = ToyModel.sentences
      let targets = sources.map { String($0.reversed()) }
      let source = try folder.write("source", sources.map { $0 + "\n" }.joined())
      let target = try folder.write("target", targets.map { $0 + "\n" }.joined())
      let table = zip(sources, targets).map { "\($1)\t\($0)\n" }.joined() + "\n"
      let pairs = try folder.write("pairs", table)

      let arguments = ["exposure", model, "--source", source, "--target", target]
      let report = try objects(inspect(arguments + ["--format", "jsonl"]))[0]
      #expect(report["model"] as? String == "model")
      #expect(report["pairs"] as? Int == sources.count)
      let written = try CommandLineTool.run(
        ["translate", model, "--beam-size", "1"], input: folder.text("source"))
      let exact = zip(written.lines, targets).count { $0 == $1 }
      #expect(report["exact_matches"] as? Int == exact)
      let free = try #require(report["free_running"] as? [String: Any])
      let forced = try #require(report["teacher_forced"] as? [String: Any])
      #expect(
        forced["labels"] as? Int == targets.reduce(0) { $0 + $1.split(separator: " ").count + 1 })
      let (freeErrors, forcedErrors) = (free["errors"] as? Int ?? 0, forced["errors"] as? Int ?? 0)
      #expect(freeErrors >= forcedErrors && forcedErrors > 0)
      let lengths = try #require(report["source_lengths"] as? [[String: Any]])
      #expect(lengths.reduce(0) { $0 + ($1["pairs"] as? Int ?? 0) } == sources.count)
      // Other columns of a table, whoever computes; the empty line at its end is left out.
      let same = try inspect([
        "exposure", model, "--pairs", pairs, "--source-column", "2", "--target-column", "1",
        "--workers", "1", "--format", "jsonl",
      ])
      #expect(same.errors.contains("left out: 1 pairs"))
      #expect(try same.output == inspect(arguments + ["--format", "jsonl"]).output)

      let text = try inspect(arguments)
      #expect(
        text.output.contains("Exposure bias\n") && text.output.contains("P(error | error before)"))
      #expect(text.lines.contains { $0.hasPrefix("pairs ") && $0.hasSuffix(" \(sources.count)") })
      let cut = try objects(inspect(arguments + ["--max-length", "1", "--format", "jsonl"]))[0]
      #expect((cut["lengths"] as? [String: Any])?["cut_off"] as? Int ?? 0 > 0)
      let two = try inspect([
        "exposure", model, model, "--pairs", pairs, "--format", "svg", "--output",
        folder["two.svg"],
      ])
      #expect(two.status == 0, "\(two.errors)")
      #expect(folder.text("two.svg").contains(">free-running, "))

      #expect(try inspect(["exposure", model, "--source", source]).status == 64)
      #expect(try inspect(["exposure", model, "--source", source, "--pairs", pairs]).status == 64)
      #expect(
        try inspect(["exposure", model, "--pairs", pairs, "--target-column", "1"]).status == 64)
      #expect(try inspect(["exposure", model, "--pairs", folder["none"]]).status == 66)
      let short = try inspect(["exposure", model, "--pairs", source])
      #expect(short.status == 65 && short.errors.contains("source:1: "), "\(short.errors)")
    }

    @Test("translate says which tokens belong together")
    func alignments() throws {
      func translate(_ options: [String]) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(
          ["translate", model, "--beam-size", "3"] + options, input: "a b c\n\nd e\n")
      }
      let plain = try translate([]).lines
      let aligned = try translate(["--alignments"]).lines
      #expect(aligned[1] == "")
      for (line, translation) in zip(aligned, plain) where !translation.isEmpty {
        let parts = line.components(separatedBy: " ||| ")
        #expect(parts[0] == translation)
        let links = parts[1].split(separator: " " as Character)
        // A link for every token, in their order.
        let count = translation.split(separator: " " as Character).count
        #expect(links.map { String($0.drop { $0 != "-" }) } == (0..<count).map { "-\($0)" })
      }
      let json = try objects(translate(["--alignments", "--format", "jsonl", "--n-best", "2"]))
      #expect(json[0]["source_tokens"] as? [String] == ["a", "b", "c"])
      let links = try #require(json[0]["alignment"] as? [[Int]])
      let text = links.map { "\($0[0])-\($0[1])" }.joined(separator: " ")
      #expect(aligned[0].hasSuffix(" ||| " + text))
      let alternatives = try #require(json[0]["n_best"] as? [[String: Any]])
      #expect(alternatives.allSatisfy { $0["alignment"] != nil })
      #expect(json[2]["alignment"] != nil)
    }
  }
}
