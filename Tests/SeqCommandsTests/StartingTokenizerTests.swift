import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Runs with a tokenizer that was learned before: `tokenizer.from`.
  @Suite("train: a tokenizer learned before")
  struct StartingTokenizerTests {
    let toy: ToyRun

    init() throws {
      toy = try ToyRun()
      let learned = try CommandLineTool.run([
        "tokenizer", "train", "--type", "bpe", "--vocabulary-size", "24", "--output",
        toy.folder["tokens"], toy.folder["train.tsv"],
      ])
      try #require(learned.status == 0, "\(learned.errors)")
    }

    private func train(_ run: String, _ tokenizer: String) throws -> CommandLineTool.Outcome {
      try toy.train(
        run, ["--set", "tokenizer={ \(tokenizer) }", "--set", "training.max_steps=2"])
    }

    @Test("runs share its vocabulary, and may frame and sample its tokens each in a way of its own")
    func sharing() throws {
      let tokens = toy.folder["tokens"]
      let first = try train("first", "from: \(tokens)")
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.errors.contains("taking the tokenizer of \(tokens)"))
      let second = try train(
        "second", "from: \(tokens), type: bpe, source_bos: true, sampling: { dropout: 0.1 }")
      #expect(second.status == 0, "\(second.errors)")
      for run in ["first", "second"] {
        #expect(
          toy.folder.bytes("\(run)/shared.model") == toy.folder.bytes("tokens/shared.model"))
      }
      #expect(
        try TextCodec(directory: toy.folder.url("second")).encodeSource(Array("a".utf8)).first
          == SpecialTokens.standard.beginning)
      // A resumed run has its own by now, so where the other is does not matter.
      try FileManager.default.copyItem(atPath: tokens, toPath: toy.folder["moved"])
      let later = try toy.train(
        "first",
        [
          "--set", "tokenizer={ from: \(toy.folder["moved"]) }", "--set", "training.max_steps=3",
          "--resume",
        ])
      #expect(later.status == 0, "\(later.errors)")
      // A model's tokenizer serves too.
      #expect(try train("third", "from: \(toy.folder["second"]), source_bos: false").status == 0)
    }

    @Test("what contradicts it is reported, and so is what is no tokenizer")
    func contradictions() throws {
      let tokens = toy.folder["tokens"]
      let size = try train("run", "from: \(tokens), vocabulary_size: 30, normalization: nfc")
      #expect(size.status == 78)
      for problem in [
        "tokenizer.vocabulary_size: is 30, the tokenizer in \(tokens) has 24; leave the key out",
        "tokenizer.normalization: is nfc",
      ] {
        #expect(size.errors.contains(problem), "\(problem)\n\(size.errors)")
      }
      let nothing = try train("run", "from: \(toy.folder["nowhere"])")
      #expect(nothing.status == 78)
      #expect(nothing.errors.contains("tokenizer.from: there is no tokenizer to start from"))
      #expect(nothing.errors.contains("1 problem"), "\(nothing.errors)")
      #expect(try train("first", "from: \(tokens)").status == 0)
      let both = try toy.train(
        "run",
        [
          "--set", "tokenizer={ from: \(tokens) }", "--set",
          "model={ from: \(toy.folder["first"]) }",
        ])
      #expect(both.status == 78)
      #expect(
        both.errors.contains("tokenizer.from: does not go with model.from"), "\(both.errors)")
      #expect(!toy.folder.contains("run"))
    }

    @Test("a section that is null takes a starting model's sampling away")
    func sampling() throws {
      #expect(
        try train("first", "from: \(toy.folder["tokens"]), sampling: { dropout: 0.1 }").status == 0)
      for (run, tokenizer, samples) in [
        ("same", "null", true), ("none", "{ sampling: null }", false),
      ] {
        let outcome = try toy.train(
          run,
          [
            "--set", "tokenizer=\(tokenizer)", "--set", "model={ from: \(toy.folder["first"]) }",
            "--set", "training.max_steps=2",
          ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let codec = try TextCodec(directory: toy.folder.url(run))
        #expect((codec.configuration.sampling != nil) == samples, "\(run)")
      }
    }
  }
}
