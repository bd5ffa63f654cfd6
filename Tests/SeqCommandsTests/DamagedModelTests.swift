import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Models that are damaged, half there, or put together from two.
  @Suite("damaged models")
  struct DamagedModelTests {
    let folder: TestFolder

    init() throws {
      folder = try TestFolder()
      let model = try ToyModel.path()
      #expect(try CommandLineTool.shell("cp -r '\(model)' model", in: folder).status == 0)
    }

    private func translate() throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(["translate", folder["model"]], input: "a b\n")
    }

    /// Replaces a file, asks for a translation, and puts the file back.
    private func outcome(with name: String, _ bytes: [UInt8]) throws -> CommandLineTool.Outcome {
      let whole = folder.bytes("model/\(name)")
      defer { _ = try? folder.write("model/\(name)", whole) }
      try folder.write("model/\(name)", bytes)
      return try translate()
    }

    @Test(
      "a configuration that no model has is an error that names the key",
      arguments: [
        (#""format_version" : 1"#, #""format_version" : 2"#, "format 2"),
        (#""transformer""#, #""lstm""#, "type 'lstm'"),
        (#""head_count" : 2"#, #""head_count" : 0"#, "head_count is 0"),
        (#""head_count" : 2"#, #""head_count" : 3"#, "does not divide"),
        (#""head_count" : 2"#, #""head_count" : "2""#, "'model.head_count'"),
        (#""head_count" : 2"#, #""heads" : 2"#, "the key 'model.head_count' is missing"),
        (#""embedding_size" : 16"#, #""embedding_size" : 1000000000000"#, "GB of memory"),
        (#""embedding_size" : 16"#, #""embedding_size" : -16"#, "embedding_size is -16"),
        (
          #""encoder_layer_count" : 1"#, #""encoder_layer_count" : -1"#,
          "encoder_layer_count is -1"
        ),
        (
          #""encoder_layer_count" : 1"#, #""encoder_layer_count" : 2"#,
          "encoder.layers.1.self_attention.input.weight [48, 16] is missing"
        ),
        (#""source" : 14"#, #""source" : 15"#, "vocabularies of 15 and 14"),
        ("{", "[", "it is not JSON"),
      ])
    func configuration(old: String, new: String, message: String) throws {
      let text = folder.text("model/config.json")
      try #require(text.contains(old), "\(text)")
      let outcome = try outcome(
        with: "config.json", Array(text.replacingOccurrences(of: old, with: new).utf8))
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      checkTone(of: outcome.errors)
      #expect(outcome.output == "")
    }

    @Test("a tokenizer that is missing, damaged or another's is an error that names its file")
    func tokenizer() throws {
      let vocabulary = folder.bytes("model/shared.vocab")
      let cases: [(String, [UInt8], String)] = [
        ("shared.vocab", vocabulary + Array("new\n".utf8), "keep the files of one model together"),
        ("shared.vocab", [], "shared.vocab"),
        ("shared.vocab", vocabulary + vocabulary.suffix(2), "every piece once"),
        ("shared.vocab", folder.bytes("model/model.safetensors"), "shared.vocab:1: "),
        ("tokenizer.json", Array("{}".utf8), "the key 'version' is missing"),
        ("tokenizer.json", [], "tokenizer.json: not JSON"),
      ]
      for (name, bytes, message) in cases {
        let outcome = try outcome(with: name, bytes)
        #expect(outcome.status == 65, "\(message)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        checkTone(of: outcome.errors)
      }
      try FileManager.default.removeItem(at: folder.url("model/shared.vocab"))
      let missing = try translate()
      #expect(missing.status == 66)
      #expect(missing.errors.contains("shared.vocab: cannot be opened: No such file"))
    }

    @Test("parameters that are missing, of another model or cut off anywhere are an error")
    func parameters() throws {
      let whole = folder.bytes("model/model.safetensors")
      for count in stride(from: 0, to: whole.count, by: whole.count / 15) {
        let outcome = try outcome(with: "model.safetensors", Array(whole.prefix(count)))
        #expect(outcome.status == 65, "\(count)")
        #expect(
          outcome.errors.contains("model.safetensors: found \(count < 8 ? count : 0)".dropLast()))
        checkTone(of: outcome.errors)
      }
      try FileManager.default.removeItem(at: folder.url("model/model.safetensors"))
      let missing = try translate()
      #expect(missing.status == 66)
      #expect(missing.errors.contains("its training has not ended yet"))
    }

    @Test("parameters that are no numbers spoil translations, each with its message")
    func poisoned() throws {
      let path = folder["model/model.safetensors"]
      let file = try SafetensorsFile(path: path)
      let poisoned = try file.entries.map { entry in
        (
          name: entry.name, shape: entry.shape,
          values: entry.name == "decoder.norm.weight"
            ? [Float](repeating: .nan, count: 16) : try file.floats(of: entry)
        )
      }
      try SafetensorsFile.write(poisoned, to: path)
      let outcome = try CommandLineTool.run(["translate", folder["model"]], input: "a\nb\n\n")
      #expect(outcome.status == 65)
      #expect(outcome.lines == ["", "", ""])
      for line in 1...2 {
        #expect(outcome.errors.contains("Error: line \(line): cannot be translated: "))
      }
      checkTone(of: outcome.errors)
    }

    @Test("a prepared corpus with an id beyond all words stops the training of a model that copies")
    func corpusOfCopies() throws {
      let toy = try ToyRun()
      let settings = [
        "--set", "tokenizer={ type: whitespace }", "--set",
        "model={ type: recurrent, embedding_size: 8, hidden_size: 8, copying: { size: 8 } }",
      ]
      let begun = try toy.train("run", settings + ["--set", "training.max_steps=3"])
      try #require(begun.status == 0, "\(begun.errors)")
      var corpus = toy.folder.bytes("run/train.corpus")
      // The first id behind the header, a source's.
      corpus.replaceSubrange(64..<68, with: [0xFF, 0xFF, 0xFF, 0x7F])
      try toy.folder.write("run/train.corpus", corpus)
      let resumed = try toy.train(
        "run", settings + ["--resume", "--set", "training.max_steps=20"])
      #expect(resumed.status == 65, "\(resumed.errors)")
      #expect(resumed.errors.contains("ids that are not in the vocabulary"), "\(resumed.errors)")
      checkTone(of: resumed.errors)
    }

    @Test("a folder that is no model is an error that says what to give")
    func noModel() throws {
      for (path, status) in [
        (folder.path, 66), (folder["none"], 66), (folder["model/config.json"], 66),
      ] {
        for command in [["translate", path], ["inspect", "model", path]] {
          let outcome = try CommandLineTool.run(command, input: "a\n")
          #expect(outcome.status == Int32(status), "\(command)")
          #expect(outcome.errors.contains("give the directory that train wrote"), "\(command)")
        }
      }
    }
  }
}

/// A message is for a person: it bears no names of types and no unmade optional.
func checkTone(of errors: String) {
  for noise in [
    "Optional(", "NSError", "NSCocoa", "Error Domain", "CodingKeys", "DecodingError", "Fatal error",
    ".swift:", ".cc(", "could not be completed", "Program crashed",
  ] {
    #expect(!errors.contains(noise), "\(errors)")
  }
}
