import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Models in fewer bits, as a person makes and uses them.
  @Suite("quantize")
  struct QuantizeTests {
    let model: String
    let folder: TestFolder

    init() throws {
      model = try ToyModel.path()
      folder = try TestFolder()
      try folder.write("in", ToyModel.sentences.map { $0 + "\n" }.joined())
    }

    private func translate(_ model: String, _ options: String...) throws -> [String] {
      let outcome = try CommandLineTool.run(
        ["translate", model, "--input", folder["in"], "--format", "jsonl"] + options)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return outcome.lines
    }

    @Test("a rounded model translates as the model does with that precision")
    func rounding() throws {
      for precision in ["int8", "bfloat16"] {
        let made = try CommandLineTool.run([
          "quantize", model, "--output", folder["new/\(precision)"], "--precision", precision,
        ])
        #expect(made.status == 0 && made.output == "", "\(made.errors)")
        #expect(made.errors.contains("% of the"), "\(made.errors)")
        let rounded = try translate(folder["new/\(precision)"])
        #expect(rounded == (try translate(model, "--precision", precision)))
        // Scores differ from those of the model itself, or nothing was rounded.
        #expect(rounded != (try translate(model)))
        #expect(rounded == (try translate(folder["new/\(precision)"], "--workers", "1")))
      }
      let sizes = try [folder["new/int8"], folder["new/bfloat16"], model].map { path in
        try #require(
          FileManager.default.contents(atPath: path + "/model.safetensors")?.count)
      }
      #expect(sizes[0] < sizes[1] && sizes[1] < sizes[2])
      for command in [["score"], ["inspect", "model"]] {
        let outcome = try CommandLineTool.run(
          command + [folder["new/int8"]]
            + (command == ["score"] ? ["--source", folder["in"], "--target", folder["in"]] : []))
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
    }

    @Test("what cannot be rounded is said, and nothing is written")
    func refusals() throws {
      #expect(
        try CommandLineTool.run(["quantize", model, "--output", folder["int8"]]).status == 0)
      let twice = try CommandLineTool.run(["quantize", folder["int8"], "--output", folder["twice"]])
      #expect(
        twice.status == 65 && twice.errors.contains("int8 is int8 already"), "\(twice.errors)")
      let mean = try CommandLineTool.run([
        "average", folder["int8"], folder["int8"], "--output", folder["mean"],
      ])
      #expect(
        mean.status == 65 && mean.errors.contains("and quantize the average"), "\(mean.errors)")
      let full = try CommandLineTool.run(["quantize", model, "--output", folder["int8"]])
      #expect(full.status == 73 && full.errors.contains("is not empty: give another --output"))
      let nothing = try CommandLineTool.run([
        "quantize", model, "--output", folder["same"], "--precision", "float32",
      ])
      #expect(nothing.status == 64 && nothing.errors.contains("would round nothing"))
      let missing = try CommandLineTool.run([
        "quantize", folder["none"], "--output", folder["other"],
      ])
      #expect(missing.status == 66, "\(missing.errors)")
      for name in ["twice", "mean", "same", "other"] {
        #expect(!FileManager.default.fileExists(atPath: folder[name]))
      }
    }
  }
}
