import Foundation
import SeqModels
import SeqOptimizers
import SeqText
import SeqTraining
import Testing

/// A run that was stopped and went on equals one that was not, bit for bit, under every regime.
@Suite struct RegimeResumeTests {
  static let regimes: [RegimeConfiguration] = [
    .scheduledSampling(
      ScheduledSampling(
        ratio: Annealing(.exponential, decay: 0.8), ownToken: .sample)),
    .gumbelSoftmax(
      GumbelSoftmax(ratio: Annealing(.inverseSigmoid, slowness: 2), straightThrough: true)),
    .minimumRisk(MinimumRisk(metric: .wordErrors, sampleCount: 3)),
    .professorForcing(ProfessorForcing(discriminatorSize: 6, countAbove: 0)),
  ]

  @Test(arguments: regimes, models)
  func resumes(regime: RegimeConfiguration, model: ModelConfiguration) throws {
    let folder = try TemporaryFolder()
    let pairs = (0..<12).map { "a b \($0 % 3)\t\($0 % 3) b a\n" }.joined()
    try Data(pairs.utf8).write(to: URL(fileURLWithPath: folder.path + "/pairs.tsv"))
    func train(_ name: String, to step: Int, resuming: Bool = false) throws {
      try job(folder, name, maxSteps: step, regime, model).run(resuming: resuming)
    }
    try train("whole", to: 12)
    // In the middle of a report's window.
    for step in [4, 5, 12] { try train("parts", to: step, resuming: step > 4) }
    let checkpoint =
      "checkpoints/"
      + (try #require(
        FileManager.default.contentsOfDirectory(atPath: folder.path + "/whole/checkpoints").first))
    let names = try FileManager.default.contentsOfDirectory(
      atPath: "\(folder.path)/whole/\(checkpoint)")
    #expect(names.contains("regime.safetensors") == regime.hasOwnParameters)
    for name in ["model.safetensors"]
      + names.filter({ $0.hasSuffix(".safetensors") }).map({
        "\(checkpoint)/\($0)"
      })
    {
      let (whole, parts) = (
        FileManager.default.contents(atPath: "\(folder.path)/whole/\(name)"),
        FileManager.default.contents(atPath: "\(folder.path)/parts/\(name)")
      )
      #expect(whole != nil && whole == parts, "\(name)")
    }
    let (whole, parts) = try (
      figures(of: folder.path + "/whole"), figures(of: folder.path + "/parts")
    )
    #expect(whole == parts)
    #expect(whole.count == 4)
    // The regime's own figures are among those reported.
    let expected: [RegimeConfiguration.Kind: [String]] = [
      .scheduledSampling: ["gold_ratio"], .gumbelSoftmax: ["gold_ratio", "temperature"],
      .minimumRisk: ["candidates", "expected_risk"],
      .professorForcing: ["discriminator_accuracy", "discriminator_loss", "generator_loss"],
    ]
    for name in expected[regime.kind] ?? [] {
      #expect(whole.allSatisfy { $0[name]?.isFinite == true }, "\(name)")
    }
  }

  @Test(
    "settings that no run can have are refused, each in words",
    arguments: [
      (
        RegimeConfiguration.minimumRisk(MinimumRisk(sampleCount: 1, sharpness: 0)),
        "a sharpness of 0.0, expected above 0; 1 samples"
      ),
      (.gumbelSoftmax(GumbelSoftmax(ratio: .constant(2), temperature: .constant(0))), "a ratio"),
      (.professorForcing(ProfessorForcing(temperature: -1)), "a temperature of -1.0"),
      (.scheduledSampling(ScheduledSampling(ratio: Annealing(.stepwise))), "a ratio outside"),
    ])
  func unsound(regime: RegimeConfiguration, problem: String) throws {
    let folder = try TemporaryFolder()
    try Data("a\tb\nb\ta\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/pairs.tsv"))
    let job = job(folder, "run", maxSteps: 2, regime)
    #expect {
      try job.run(resuming: false)
    } throws: {
      "\($0)".contains("training.regime: ") && "\($0)".contains(problem)
    }
  }

  @Test("a run whose length shapes its ratio cannot be given another end")
  func changedEnd() throws {
    let folder = try TemporaryFolder()
    try Data("a\tb\nb\ta\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/pairs.tsv"))
    func train(to step: Int, _ ratio: Annealing, resuming: Bool) throws {
      try job(folder, "run", maxSteps: step, .scheduledSampling(ScheduledSampling(ratio: ratio)))
        .run(resuming: resuming)
    }
    let line = Annealing(.linear)
    try train(to: 2, line, resuming: false)
    #expect(throws: TrainingError.self) { try train(to: 3, line, resuming: true) }
    try train(to: 2, line, resuming: true)
    // Another schedule is refused too.
    #expect(throws: TrainingError.self) { try train(to: 2, .constant(0.5), resuming: true) }
  }

  /// One that asks a feed once, and one that asks it step by step.
  static let models: [ModelConfiguration] = [
    .transformer(
      TransformerConfiguration(
        encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 8, feedForwardSize: 8,
        headCount: 1)),
    .recurrent(RecurrentConfiguration(cell: .gru, embeddingSize: 6, hiddenSize: 8)),
  ]

  private func job(
    _ folder: TemporaryFolder, _ name: String, maxSteps: Int, _ regime: RegimeConfiguration,
    _ model: ModelConfiguration = models[0]
  ) -> TrainingJob {
    let configuration = RunConfiguration(
      data: CorpusConfiguration(
        root: folder.path, train: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2)),
      tokenizer: TokenizerConfiguration(type: .whitespace),
      model: model,
      training: TrainingConfiguration(
        batchTokens: nil, batchSentences: 4, accumulation: 2, maxSteps: maxSteps, regime: regime,
        schedule: ScheduleConfiguration(type: .constant, peakRate: 0.01, warmupSteps: 0),
        reportEverySteps: 3, checkpointEverySteps: 100, keepCheckpoints: 5))
    return TrainingJob(
      configuration, output: URL(fileURLWithPath: "\(folder.path)/\(name)"), workerCount: 2)
  }

  /// The numbers of every report, without those that measure time.
  private func figures(of run: String) throws -> [[String: Double]] {
    try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
      .split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return (object ?? [:]).compactMapValues { $0 as? Double }.filter {
          !["elapsed_seconds", "target_tokens_per_second"].contains($0.key)
        }
      }
  }
}

extension RegimeConfiguration {
  fileprivate var hasOwnParameters: Bool { kind == .professorForcing }
}
