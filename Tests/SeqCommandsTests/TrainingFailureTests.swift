import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Training that cannot begin, or cannot go on.
  @Suite("training that fails")
  struct TrainingFailureTests {
    let toy: ToyRun

    init() throws { toy = try ToyRun() }

    @Test("a corpus that cannot be used is an error with its file, what is wrong and what helps")
    func corpora() throws {
      let folder = toy.folder
      try folder.write("empty.tsv", "")
      try folder.write("lines.txt", "a b\nb a\n")
      try folder.write("plain.tsv.gz", "a\tb\n")
      try folder.write("broken.jsonl", "{\"source\": 3}\nnot\n[]\n")
      try folder.write("long.tsv", String(repeating: "a ", count: 400_000) + "\tb\n")
      let whitespace = ["--set", "tokenizer={ type: whitespace }"]
      let cases: [(String, [String], Int32, [String])] = [
        ("empty.tsv", whitespace, 65, ["empty.tsv: no text", "is it the right one?"]),
        ("lines.txt", whitespace, 65, ["lines.txt:1: no text", "no tab", "its columns"]),
        ("plain.tsv.gz", whitespace, 65, ["plain.tsv.gz: not valid gzip", "take .gz off"]),
        (
          "broken.jsonl", whitespace, 65,
          ["broken.jsonl:1: no text", "3 unusable, the first because: the value of 'source'"]
        ),
        ("long.tsv", whitespace, 65, ["long.tsv: no usable pair", "Raise data.max_length"]),
        ("none.tsv", whitespace, 66, ["none.tsv: cannot be opened: No such file"]),
        (".", whitespace, 66, ["a folder; expected a file"]),
        (
          "train.tsv", ["--set", "tokenizer.vocabulary_size=9000"], 78,
          ["at most", "Lower tokenizer"]
        ),
        (
          "train.tsv", ["--set", "tokenizer.vocabulary_size=6"], 78,
          ["at least", "Raise tokenizer"]
        ),
        ("train.tsv", ["--set", "model.feed_forward_size=2000000000"], 78, ["GB of memory"]),
        ("train.tsv", ["--set", "model.layer_count=2000000000"], 78, ["GB of memory"]),
        ("train.tsv", ["--set", "data.validation.pairs=no.tsv"], 66, ["no.tsv: cannot be opened"]),
        (
          "train.tsv", ["--set", "data.validation.pairs=empty.tsv"], 65,
          ["empty.tsv: no usable pair"]
        ),
      ]
      for (name, options, status, messages) in cases {
        let outcome = try toy.train("run", ["--set", "data.train.pairs=\(name)"] + options)
        #expect(outcome.status == status, "\(name): \(outcome.errors)")
        for message in messages { #expect(outcome.errors.contains(message), "\(outcome.errors)") }
        checkTone(of: outcome.errors)
        #expect(folder.names(in: "run") == [])
      }
      // A path that is wrong is known before the work on the others is done.
      let early = try toy.train("run", ["--set", "data.validation.pairs=no.tsv"])
      #expect(!early.errors.contains("learning"))
    }

    @Test("an output that cannot be made is an error in the system's words")
    func outputs() throws {
      for (output, words) in [
        ("train.tsv", "File exists"), ("train.tsv/below", "Not a directory"),
      ] {
        for command in [
          toy.arguments(output: output, []),
          [
            "tokenizer", "train", "--type", "byte", "--output", toy.folder[output],
            toy.folder["train.tsv"],
          ],
        ] {
          let outcome = try CommandLineTool.run(command)
          #expect(outcome.status == 73, "\(command)")
          #expect(outcome.errors.contains(words), "\(outcome.errors)")
          checkTone(of: outcome.errors)
        }
      }
      #expect(try toy.train("deep/er/run", ["--set", "training.max_steps=2"]).status == 0)
    }

    @Test("a run whose files were damaged or mixed up is not gone on with, and not touched")
    func damagedRuns() throws {
      let folder = toy.folder
      #expect(try toy.train("run", ["--set", "training.max_steps=5"]).status == 0)
      #expect(
        try toy.train(
          "other", ["--set", "training.max_steps=5", "--set", "tokenizer.vocabulary_size=20"]
        ).status == 0)
      let checkpoint = "checkpoints/step-00000005"
      let state = folder.text("run/\(checkpoint)/state.json")
      func edited(_ key: String, _ value: String) throws -> [UInt8] {
        let pattern = "\"\(key)\" : -?[0-9]+"
        let range = try #require(state.range(of: pattern, options: .regularExpression))
        return Array(state.replacingCharacters(in: range, with: "\"\(key)\" : \(value)").utf8)
      }
      var cases: [(String, [UInt8]?, String)] = [
        ("training.json", Array("{".utf8), "training.json is damaged: it is not JSON"),
        ("\(checkpoint)/state.json", nil, "the file is missing"),
        ("\(checkpoint)/state.json", Array("{\"step\": 5}".utf8), "the key 'epoch' is missing"),
        ("\(checkpoint)/model.safetensors", nil, "No such file"),
        ("\(checkpoint)/optimizer.safetensors", nil, "No such file"),
        ("\(checkpoint)/optimizer.safetensors", [1, 2, 3], "found 3 bytes"),
      ]
      for name in ["model.safetensors", "optimizer.safetensors"] {
        cases.append(
          (
            "\(checkpoint)/\(name)", folder.bytes("other/\(checkpoint)/\(name)"),
            "embedding.weight is [20, 16], the model's is [24, 16]"
          ))
      }
      for key in ["step", "epoch", "batch", "metricsByteCount", "targetTokens"] {
        for value in ["-5", "9223372036854775807"] {
          cases.append(
            ("\(checkpoint)/state.json", try edited(key, value), "state.json is damaged"))
        }
      }
      cases.append(("\(checkpoint)/state.json", try edited("batch", "900"), "batch 900 of"))
      for (name, bytes, message) in cases {
        let whole = folder.bytes("run/\(name)")
        let other = folder.bytes("run/metrics.jsonl")
        if let bytes {
          try folder.write("run/\(name)", bytes)
        } else {
          try FileManager.default.removeItem(at: folder.url("run/\(name)"))
        }
        let outcome = try toy.train("run", ["--resume"])
        #expect(outcome.status == 65, "\(message): \(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.errors.contains("delete ") || name == "training.json", "\(outcome.errors)")
        checkTone(of: outcome.errors)
        #expect(folder.bytes("run/metrics.jsonl") == other)
        try folder.write("run/\(name)", whole)
      }
      #expect(try toy.train("run", ["--resume"]).status == 0)
    }

    @Test(
      "a prepared corpus with ids of no vocabulary stops training instead of ending the process")
    func damagedCorpus() throws {
      #expect(try toy.train("run", ["--set", "training.max_steps=3"]).status == 0)
      var corpus = toy.folder.bytes("run/train.corpus")
      // The first ids begin after the header.
      for position in 64..<200 where position % 4 == 3 { corpus[position] = 0x40 }
      try toy.folder.write("run/train.corpus", corpus)
      let plain = ["--resume", "--set", "training.max_steps=20"]
      let outcome = try toy.train("run", plain)
      // With sampling, ids are made anew from the text that the file keeps too.
      #expect([0, 65].contains(outcome.status), "\(outcome.errors)")
      checkTone(of: outcome.errors)
    }

    @Test("standard streams that are closed do not lend their numbers to files")
    func closedStreams() throws {
      let outcome = try CommandLineTool.shell(
        """
        "$SEQ2SEQ" train toy.yaml --output run --workers 1 --set training.max_steps=4 <&- >&- 2>&-
        echo $?
        """, in: toy.folder)
      #expect(outcome.lines == ["0"])
      #expect(try toy.reportedSteps(of: "run") == [1, 2, 3, 4])
      for name in ["run/metrics.jsonl", "run/training.json", "run/config.json"] {
        #expect(!toy.folder.text(name).contains("learning a "), "\(name)")
      }
    }

    @Test(
      "a disk that fills up at any moment leaves whole files, and --resume goes on",
      .enabled(if: SmallDisk.isAllowed))
    func fullDisk() throws {
      #expect(try toy.train("whole").status == 0)
      var outcomes: Set<Int32> = []
      // From the tokenizer over the corpus and the batches to the second checkpoint.
      for kilobytes in [4, 12, 20, 28, 36, 60, 100, 160] {
        guard let disk = try SmallDisk(kilobytes: kilobytes) else { return }
        let full = try CommandLineTool.run(
          ["train", toy.folder["toy.yaml"], "--workers", "2", "--output", disk.path + "/run"])
        outcomes.insert(full.status)
        #expect(full.status == 74, "\(kilobytes): \(full.errors)")
        #expect(full.errors.contains("No space left on device"), "\(full.errors)")
        #expect(full.errors.lowercased().contains("free some space"), "\(full.errors)")
        #expect(!full.errors.contains(".partial"), "\(full.errors)")
        let left = try FileManager.default.subpathsOfDirectory(atPath: disk.path)
        #expect(left.allSatisfy { !$0.hasSuffix(".partial") }, "\(left)")
        let metrics =
          (try? String(contentsOfFile: disk.path + "/run/metrics.jsonl", encoding: .utf8)) ?? ""
        #expect(metrics.isEmpty || metrics.hasSuffix("}\n"))
        // Training that had begun goes on where there is room.
        guard left.contains("run/training.json") else {
          #expect(left == ["run"])
          continue
        }
        #expect(full.errors.contains("go on with --resume"))
        try disk.grow()
        let resumed = try CommandLineTool.run(
          [
            "train", toy.folder["toy.yaml"], "--workers", "2", "--output", disk.path + "/run",
            "--resume",
          ])
        #expect(resumed.status == 0, "\(resumed.errors)")
        let result = try Data(
          contentsOf: URL(fileURLWithPath: disk.path + "/run/model.safetensors"))
        #expect(Array(result) == toy.folder.bytes("whole/model.safetensors"), "\(kilobytes)")
      }
      #expect(outcomes == [74])
    }

    @Test(
      "a disk that is full leaves no part of a tokenizer or of translations",
      .enabled(if: SmallDisk.isAllowed))
    func fullDiskElsewhere() throws {
      guard let disk = try SmallDisk(kilobytes: 4) else { return }
      let text = ToyModel.sentences.map { $0 + "\n" }.joined()
      try toy.folder.write("in", String(repeating: text, count: 20))
      try toy.folder.write("words", (0..<3000).map { "word\($0)\n" }.joined())
      let translated = try CommandLineTool.run(
        [
          "translate", ToyModel.path(), "--beam-size", "1", "--input", toy.folder["in"],
          "--output", disk.path + "/out",
        ])
      let learned = try CommandLineTool.run(
        [
          "tokenizer", "train", "--type", "whitespace", "--output", disk.path,
          toy.folder["words"],
        ])
      for outcome in [translated, learned] {
        #expect(outcome.status == 74)
        #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
        checkTone(of: outcome.errors)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
    }
  }
}

/// A disk of a few kilobytes, in memory, for as long as this object lives.
private final class SmallDisk {
  let path: String
  private let folder: TestFolder

  static var isAllowed: Bool {
    #if os(Linux)
      getuid() == 0
    #else
      false
    #endif
  }

  /// Nil where the system does not allow it.
  init?(kilobytes: Int) throws {
    folder = try TestFolder()
    path = folder["disk"]
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let mounted = try CommandLineTool.shell(
      "mount -t tmpfs -o size=\(kilobytes)k small disk 2>&1", in: folder)
    guard mounted.status == 0 else { return nil }
  }

  func grow() throws {
    #expect(try CommandLineTool.shell("mount -o remount,size=16m disk", in: folder).status == 0)
  }

  deinit { _ = try? CommandLineTool.shell("umount disk", in: folder) }
}
