import ArgumentParser
import Foundation
import SeqCommands
import SeqKit
import Testing

/// The keys for sources of several paragraphs, and what each contradiction is told.
@Suite struct DocumentConfigurationTests {
  private func yaml(_ model: String, _ tokenizer: String = ", paragraph_separator: \" ||| \"")
    -> String
  {
    minimalYAML.replacing("{ type: transformer }", with: "{ type: transformer\(model) }")
      .replacing("{ type: byte }", with: "{ type: byte\(tokenizer) }")
  }

  @Test func theKeys() throws {
    let found = try read(yaml(", document_layer_count: 2"))
    #expect(found.model.documentLayerCount == 2)
    #expect(found.tokenizer.paragraphSeparator == " ||| ")
    // Without layers among them, paragraphs are sentences of one source.
    #expect(try read(yaml("")).model.documentLayerCount == nil)
    #expect(try read().tokenizer.paragraphSeparator == nil)
    let mixed = try read(
      yaml("").replacing(
        "{ type: transformer }",
        with: "{ type: mixed, encoder: { document_layer_count: 1 }, decoder: { type: recurrent } }")
    )
    #expect(mixed.model.documentLayerCount == 1)
  }

  @Test(arguments: [
    (
      ", document_layer_count: 1", "",
      "model.document_layer_count: layers among paragraphs need sources that have some"
    ),
    (
      ", document_layer_count: 0", ", paragraph_separator: x",
      "expected a whole number of at least 1, found '0'"
    ),
    (
      ", document_layers_count: 1", ", paragraph_separator: x",
      "model.document_layers_count: unknown key; did you mean 'document_layer_count'?"
    ),
    (
      ", document_layer_count: 1, latent_count: 3", ", paragraph_separator: x",
      "model.document_layer_count: does not go with latent_count"
    ),
    (
      "", ", paragraph_separator: x, source_eos: false",
      "tokenizer.paragraph_separator: does not go with source_eos: false"
    ),
    (
      "", ", paragraph_separator: \"a\\nb\"",
      "tokenizer.paragraph_separator: expected a text within a line"
    ),
    (
      "", ", paragraf_separator: x",
      "tokenizer.paragraf_separator: unknown key; did you mean 'paragraph_separator'?"
    ),
  ])
  func problems(model: String, tokenizer: String, expected: String) {
    let found = report(yaml(model, tokenizer))
    #expect(found.count == 1 && found.first?.contains(expected) == true, "\(found)")
  }

  /// The decoder reads no source by itself.
  @Test func halvesOfMixedModels() {
    let found = report(
      yaml("").replacing(
        "{ type: transformer }",
        with: "{ type: mixed, encoder: { layer_count: 1 }, decoder: { document_layer_count: 1 } }"))
    #expect(
      found.count == 1 && found[0].contains("model.decoder.document_layer_count: unknown key"))
  }
}

extension CommandLineTests {
  /// Documents under the commands, from JSON Lines to figures.
  @Suite("documents")
  struct DocumentCommandTests {
    private static let settings = [
      "data.train={ pairs: documents.jsonl }",
      "tokenizer={ type: whitespace, paragraph_separator: \" / \" }",
    ].flatMap { ["--set", $0] }

    private func run(_ arguments: [String], input: String = "") throws
      -> CommandLineTool.Outcome
    {
      try CommandLineTool.run(arguments, input: input)
    }

    /// A toy whose sources are lists of paragraphs.
    private func toy() throws -> ToyRun {
      let toy = try ToyRun()
      let lines = ToyRun.pairs(100, seed: 3).map { pair in
        let words = pair.source.split(separator: " ")
        let paragraphs = [words.prefix(2), words.dropFirst(2)].filter { !$0.isEmpty }
          .map { "\"\($0.joined(separator: " "))\"" }
        return
          "{\"source\": [\(paragraphs.joined(separator: ", "))], \"target\": \"\(pair.target)\"}\n"
      }
      try toy.folder.write("documents.jsonl", lines.joined())
      return toy
    }

    @Test(arguments: [true, false])
    func fromTrainingToFigures(hasLayers: Bool) throws {
      let toy = try toy()
      let settings =
        Self.settings + (hasLayers ? ["--set", "model.document_layer_count=1"] : [])
      let outcome = try toy.train("model", settings)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("100 pairs"))
      let model = toy.folder["model"]
      #expect(toy.folder.text("model/tokenizer.json").contains("\"paragraph_separator\""))
      let loaded = try ModelDirectory.load(URL(fileURLWithPath: model))
      #expect(loaded.model.configuration.documentLayerCount == (hasLayers ? 1 : nil))

      // Text is divided as training divided it; an empty line stays one, a lone separator is a source
      // of nothing.
      for beam in ["1", "4"] {
        let found = try run(
          ["translate", model, "--beam-size", beam], input: "a b / c d\n\n / \nb\n")
        #expect(found.status == 0 && found.lines.count == 4, "\(found.errors)")
      }
      let aligned = try run(
        ["translate", model, "--alignments", "--format", "jsonl"], input: "a b / c / d\n")
      let answer = try ToyRun.object(aligned.lines[0])
      #expect(answer["source_tokens"] as? [String] == ["a", "b", "c", "d"])
      try toy.folder.write("a", "a b / c d\n")
      try toy.folder.write("b", "d c b a\n")
      let scored = try run(
        ["score", model, "--source", toy.folder["a"], "--target", toy.folder["b"]])
      #expect(scored.status == 0 && scored.lines.count == 1, "\(scored.errors)")

      let figure = [
        "inspect", "attention", model, "--source", "a b / c d", "--target", "d c", "--format",
        "jsonl",
      ]
      let cross = try ToyRun.object(try run(figure).lines[0])
      #expect(cross["columns"] as? [String] == ["a", "b", "</s>", "c", "d", "</s>"])
      let paragraphs = ["¶1 a", "¶2 c"]
      for (kind, rows, columns) in [
        ("document", paragraphs, paragraphs), ("paragraphs", ["d", "c", "</s>"], paragraphs),
        ("pooling", paragraphs, ["a", "b", "</s>", "c", "d", "</s>"]),
      ] {
        let found = try run(figure + ["--kind", kind])
        guard hasLayers else {
          #expect(found.status == 64 && found.errors.contains("no attention of this kind"))
          continue
        }
        let drawn = try ToyRun.object(found.lines[0])
        #expect(drawn["rows"] as? [String] == rows && drawn["columns"] as? [String] == columns)
      }
      let doctor = try run(["doctor", model])
      #expect(doctor.status == 0 && doctor.lines.last == "10 passed, 0 failed", "\(doctor.output)")
      #expect(doctor.output.contains("other paragraphs") == hasLayers)
      let masks = try run(
        ["inspect", "masks", toy.folder["toy.yaml"], "--format", "jsonl"] + settings)
      #expect(masks.status == 0 && masks.output.contains("\"paragraphs\"") == hasLayers)
      let described = try run(["inspect", "model", model])
      #expect(described.output.contains("paragraphs between   ' / '"))
    }

    /// A list needs to be told what will stand for its commas.
    @Test func listsNeedASeparator() throws {
      let toy = try toy()
      let outcome = try toy.train(
        "model",
        [
          "--set", "data.train={ pairs: documents.jsonl }", "--set",
          "tokenizer={ type: whitespace }",
        ])
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("which needs tokenizer.paragraph_separator"))
    }
  }
}
