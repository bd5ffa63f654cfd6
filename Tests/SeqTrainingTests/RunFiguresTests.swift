import Foundation
import SeqFigures
import SeqModels
import SeqOptimizers
import SeqProtobufs
import SeqText
import SeqTraining
import SwiftProtobuf
import Testing

/// What a run leaves to look at: curves.svg, and event files that agree with metrics.jsonl.
@Suite struct RunFiguresTests {
  private static func configuration(in folder: TemporaryFolder, maxSteps: Int) -> RunConfiguration {
    RunConfiguration(
      data: CorpusConfiguration(
        root: folder.path, train: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2),
        validation: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2)),
      tokenizer: TokenizerConfiguration(type: .whitespace),
      model: .transformer(
        TransformerConfiguration(
          encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 8, feedForwardSize: 8,
          headCount: 1)),
      training: TrainingConfiguration(
        batchTokens: nil, batchSentences: 4, maxSteps: maxSteps,
        schedule: ScheduleConfiguration(type: .constant, peakRate: 0.01, warmupSteps: 5),
        reportEverySteps: 2, checkpointEverySteps: 10, keepCheckpoints: 5),
      validation: ValidationConfiguration(everyEpochs: nil, everySteps: 5))
  }

  @Test func eventsAndCurvesOfAResumedRun() throws {
    let folder = try TemporaryFolder()
    let pairs = (0..<12).map { "a b \($0 % 3)\t\($0 % 3) b a\n" }.joined()
    try Data(pairs.utf8).write(to: URL(fileURLWithPath: folder.path + "/pairs.tsv"))
    let run = folder.path + "/run"
    func train(to step: Int, resuming: Bool) throws {
      try TrainingJob(
        Self.configuration(in: folder, maxSteps: step), output: URL(fileURLWithPath: run),
        workerCount: 1
      ).run(resuming: resuming)
    }
    try train(to: 20, resuming: false)
    #expect(try curves(in: run).contains("learning rate"))
    // As after a kill between two checkpoints: the last steps are made and reported once more.
    for name in ["step-15", "step-20"] {
      try? FileManager.default.removeItem(atPath: "\(run)/checkpoints/\(name)")
    }
    try train(to: 26, resuming: true)

    let events = try Self.scalars(in: run)
    let lines = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
      .split(separator: "\n" as Character)
    var expected: [String: [Int: Double]] = [:]
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let step = try #require(object?["step"] as? Int)
      let isValidation = object?["validation_loss"] != nil
      for (name, value) in object ?? [:] where name != "step" && name != "is_best" {
        let isShared = name == "epoch" || name == "elapsed_seconds"
        guard !(isValidation && isShared), let value = value as? Double else { continue }
        let tag =
          name.hasPrefix("validation_") ? "validation/" + name.dropFirst(11) : name
        #expect(expected[tag]?[step] == nil)
        expected[tag, default: [:]][step] = value
      }
    }
    #expect(Set(events.keys) == Set(expected.keys))
    #expect(expected["loss"]?.keys.sorted() == Array(stride(from: 2, through: 26, by: 2)))
    // The end is examined too.
    #expect(expected["validation/loss"]?.keys.sorted() == [5, 10, 15, 20, 25, 26])
    for (tag, values) in expected {
      #expect(events[tag]?.keys.sorted() == values.keys.sorted(), "\(tag)")
      for (step, value) in values { #expect(events[tag]?[step] == Float(value), "\(tag) \(step)") }
    }

    let history = try MetricsHistory(path: run + "/metrics.jsonl")
    #expect(history["loss"].map(\.x) == Array(stride(from: 2.0, through: 26, by: 2)))
    #expect(!history.names.contains("is_best"))
    let both = Curves(title: "", runs: [(name: "one", history: history), ("two", history)])
    #expect(both.panels.map(\.title).first == "loss, nats per target token")
    #expect(
      both.panels[0].series.map(\.name) == [
        "training, one", "validation, one", "training, two", "validation, two",
      ])
  }

  private func curves(in run: String) throws -> String {
    try String(contentsOfFile: run + "/curves.svg", encoding: .utf8)
  }

  /// Every scalar by tag and step, as TensorBoard reads them: files in the order of their names,
  /// and what a session's start makes void left out.
  private static func scalars(in run: String) throws -> [String: [Int: Float]] {
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
      .filter { $0.contains("tfevents") }.sorted()
    #expect(names.count == 2)
    var found: [String: [Int: Float]] = [:]
    for name in names {
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(run)/\(name)")))[...]
      while !bytes.isEmpty {
        let count = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        let message = Array(bytes.dropFirst(12).prefix(count))
        #expect(EventFile.record(of: message) == Array(bytes.prefix(16 + count)))
        bytes = bytes.dropFirst(16 + count)
        let event = try TensorBoardEvent(serializedBytes: message)
        if event.sessionLog.status == .start {
          for tag in found.keys {
            found[tag] = found[tag]?.filter { $0.key < Int(event.step) }
          }
        }
        for value in event.summary.value {
          #expect(found[value.tag]?[Int(event.step)] == nil)
          found[value.tag, default: [:]][Int(event.step)] = value.simpleValue
        }
      }
    }
    return found
  }

  @Test func filesThatAreNoMetrics() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.jsonl"
    #expect(throws: TextError.self) { try MetricsHistory(path: path) }
    try Data("{\"step\":1,\"loss\":\"nan\",\"is_best\":true}\n{\"step\":2,\"lo".utf8)
      .write(to: URL(fileURLWithPath: path))
    let history = try MetricsHistory(path: path)
    #expect(history.names == ["loss"])
    #expect(history["loss"].count == 1 && history["loss"][0].y.isNaN)
    try Data("{\"loss\":1}\n".utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: TextError.self) { try MetricsHistory(path: path) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("metrics.jsonl:1: no report"))
  }
}
