import ArgumentParser
import Foundation
import SeqCommands
import SeqKit
import Testing

extension CommandLineTests {
  /// `doctor` on a toy model, on the examples' configurations, and what it ends with.
  @Suite("doctor")
  struct DoctorTests {
    private func doctor(_ arguments: [String]) throws -> CommandLineTool.Outcome {
      try CommandLineTool.run(["doctor"] + arguments)
    }

    private static let reverse = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Examples/reverse").path

    @Test("a trained model keeps all rules, and text and JSON say so")
    func aModel() throws {
      let model = try ToyModel.path()
      let text = try doctor([model])
      #expect(text.status == 0 && text.errors == "", "\(text.errors)\(text.output)")
      #expect(text.lines.last == "10 passed, 0 failed")
      #expect(text.lines.contains("10 ✓ cached decoding equals the full forward pass"))

      let json = try doctor([model, "--format", "json"])
      let report = try JSONDecoder().decode(DoctorReport.self, from: Data(json.output.utf8))
      #expect(report.model == model && report.count(.passed) == 10 && report.seed == 1)
      #expect(report.text == text.output)
      #expect(try doctor([model, "--json"]).output == json.output)
    }

    @Test("a rounded model is examined in its own numbers too")
    func aRoundedModel() throws {
      let folder = try TestFolder()
      let made = try CommandLineTool.run(
        ["quantize", try ToyModel.path(), "--output", folder["int8"]])
      try #require(made.status == 0, "\(made.errors)")
      let text = try doctor([folder["int8"]])
      #expect(text.status == 0, "\(text.errors)\(text.output)")
      for evidence in [
        "other ids as padding (int8) ", "each sentence alone (int8) ", "other later inputs (int8) ",
        "numbers not finite in int8 0", "error of sums (int8) ",
        "step by step less all at once (int8) ",
      ] {
        #expect(text.output.contains(evidence), "\(evidence): \(text.output)")
      }
    }

    @Test("a configuration is examined without its corpus")
    func aConfiguration() throws {
      let transformer = try doctor([Self.reverse + "/transformer.yaml", "--seed", "7"])
      #expect(transformer.status == 0 && transformer.lines.last == "10 passed, 0 failed")
      #expect(transformer.errors.contains("examined with 64 ids"))
      #expect(transformer.output.contains("step by step less all at once (40 tokens) "))
      let few = try doctor([
        Self.reverse + "/transformer.yaml", "--set", "model.positions=learned", "--set",
        "model.max_positions=30", "--set", "data.max_length=20",
      ])
      #expect(
        few.lines.dropLast().last?.hasPrefix("sentences had at most 30 tokens") == true,
        "\(few.errors)\(few.output)")
      let oneWay = try doctor([
        Self.reverse + "/recurrent.yaml", "--set", "model.direction=forward",
      ])
      #expect(oneWay.status == 0, "\(oneWay.errors)")
      #expect(
        oneWay.output.contains("not applicable: the encoder is meant to read one way"),
        "\(oneWay.output)")
    }

    @Test("what cannot be examined ends with the status of its kind")
    func problems() throws {
      #expect(try doctor([]).status == 64)
      #expect(try doctor(["nowhere.yaml"]).status == 66)
      #expect(try doctor([try ToyModel.path(), "--set", "model.dropout=0"]).status == 64)
      let wrong = try doctor([Self.reverse + "/transformer.yaml", "--set", "model.layers=2"])
      #expect(wrong.status == 78 && wrong.errors.contains("model.layers"), "\(wrong.errors)")
      let few = try doctor([
        Self.reverse + "/transformer.yaml", "--set", "model.positions=learned", "--set",
        "model.max_positions=3",
      ])
      #expect(few.status == 78 || few.status == 65, "\(few.errors)")
    }

    @Test("a broken rule ends with 1")
    func exitCodes() throws {
      func report(_ verdict: RuleReport.Verdict) throws -> DoctorReport {
        let json = """
          {"model": "m", "seed": 1, "rules": [{"number": 3, "title": "", "checks": [],
          "findings": [], "verdict": "\(verdict.rawValue)"}]}
          """
        return try JSONDecoder().decode(DoctorReport.self, from: Data(json.utf8))
      }
      #expect(try report(.failed).exitCode == ExitCode(1))
      for verdict in [RuleReport.Verdict.passed, .notExamined, .notApplicable] {
        #expect(try report(verdict).exitCode == .success)
      }
    }
  }
}
