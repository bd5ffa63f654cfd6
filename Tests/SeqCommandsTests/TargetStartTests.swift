import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// The token that every target begins with, where a model or a flag demands one.
  @Suite("the first token of targets")
  struct TargetStartTests {
    let toy: ToyRun
    private var folder: TestFolder { toy.folder }

    init() throws {
      toy = try ToyRun()
      try folder.write("in", ToyModel.sentences.map { $0 + "\n" }.joined())
    }

    private func objects(_ words: [String]) throws -> [[String: Any]] {
      let outcome = try CommandLineTool.run(words + ["--format", "jsonl"])
      try #require(outcome.status == 0, "\(words): \(outcome.errors)")
      return try outcome.lines.map { try ToyRun.object($0) }
    }

    /// A copy of the model whose makers demand that targets begin with a piece.
    private func model(demanding piece: String) throws -> String {
      let native = try ToyModel.path()
      try FileManager.default.createDirectory(
        at: folder.url("demanding"), withIntermediateDirectories: true)
      for name in ["config.json", "model.safetensors", "tokenizer.json", "shared.vocab"] {
        try FileManager.default.copyItem(
          atPath: "\(native)/\(name)", toPath: folder["demanding/\(name)"])
      }
      let pieces = try TextCodec(directory: folder.url("demanding")).target.vocabulary.pieces
      let id = try #require(pieces.firstIndex(of: Array(piece.utf8)))
      var description = try ToyRun.object(folder.text("demanding/config.json"))
      description["generation"] = ["first_token": id, "forbidden_phrases": []] as [String: Any]
      try folder.write(
        "demanding/config.json",
        Array(try JSONSerialization.data(withJSONObject: description)))
      return folder["demanding"]
    }

    @Test("what was translated after a first token is scored and aligned after it")
    func scoring() throws {
      let begun = ["--first-token", "c"]
      let translated = try objects(
        ["translate", ToyModel.path(), "--input", folder["in"], "--length-penalty", "0"] + begun)
      let targets = try translated.map {
        try #require($0["translation"] as? String).split(separator: " ").map(String.init)
      }
      #expect(targets.allSatisfy { $0.first == "c" })
      // The text alone: who scores it has to know what stands before.
      try folder.write(
        "out", targets.map { $0.dropFirst().joined(separator: " ") + "\n" }.joined())
      let pairs = ["--source", folder["in"], "--target", folder["out"]]
      let scored = try objects(["score", ToyModel.path()] + pairs + begun)
      for (target, (found, expected)) in zip(targets, zip(scored, translated)) {
        #expect(found["tokens"] as? [String] == target + ["</s>"])
        // The search has the first token at no cost.
        let tokens = try #require(found["token_log_probabilities"] as? [Double])
        let score = try #require(expected["score"] as? Double)
        #expect(abs(tokens.dropFirst().reduce(0, +) - score) < 1e-4 * max(1, abs(score)))
      }
      let links = try CommandLineTool.run(["align", ToyModel.path()] + pairs + begun)
      for (line, target) in zip(links.lines, targets) {
        let words = line.split(separator: " ").map { $0.split(separator: "-").last ?? "" }
        #expect(words.map { String($0) } == (0..<target.count - 1).map(String.init), "\(line)")
      }
      // A prefix follows the token.
      try folder.write("prefix", String(repeating: "j\n", count: ToyModel.sentences.count))
      let prefixed = try objects(
        ["translate", ToyModel.path(), "--input", folder["in"], "--prefix", folder["prefix"]]
          + begun)
      #expect(prefixed.allSatisfy { ($0["translation"] as? String)?.hasPrefix("c j") == true })
    }

    @Test("a model that starts from one whose makers demand a token learns to go on after it")
    func training() throws {
      let outcome = try toy.train(
        "on",
        [
          "--set", "model={from: \(try model(demanding: "c"))}", "--set", "tokenizer=null",
          "--set", "training.average_last=1", "--set", "training.max_steps=10",
        ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let generation = try ToyRun.object(folder.text("on/config.json"))["generation"]
      #expect((generation as? [String: Any])?["first_token"] != nil)
      // What it learned from has the token before the text.
      let resumed = try toy.train(
        "on",
        [
          "--set", "model={from: \(folder["demanding"])}", "--set", "tokenizer=null",
          "--set", "training.average_last=1", "--set", "training.max_steps=12", "--resume",
        ])
      #expect(resumed.status == 0, "\(resumed.errors)")
      let exposure = try objects(["inspect", "exposure", folder["on"]] + validation)
      let positions = try #require(exposure.first?["positions"] as? [[String: Any]])
      let first = try #require(positions.first)
      for side in ["teacher_forced_right", "free_running_right"] {
        #expect(first[side] as? Int == first["labels"] as? Int, "\(first)")
      }
      let attention = try objects(["inspect", "attention", folder["on"], "--source", "a b"])
      #expect((attention.first?["rows"] as? [String])?.first == "c")
    }

    private var validation: [String] { ["--pairs", folder["validation.tsv"]] }
  }
}
