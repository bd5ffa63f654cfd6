import SeqModels
import SeqTraining
import Testing

@Suite struct ValidatorTests {
  /// Nobody trains while a model is examined, nor the other way round: each finds its memory free of
  /// what the other took.
  @Test(arguments: Lesson.Learner.allCases)
  func trainingAndValidationTakeTurnsWithMemory(learner: Lesson.Learner) throws {
    let lesson = try Lesson(.teacherForcing, learner)
    _ = try lesson.update()
    let held = try lesson.heldBytes()
    #expect(held.training > 0)
    let validator = try lesson.validator(tokens: 768)
    let first = try validator()
    #expect(try lesson.heldBytes() == .init(training: 0, inference: 0))
    _ = try lesson.update()
    #expect(try lesson.heldBytes() == held)
    #expect(try validator() != first)
  }

  /// What is computed at a time, which a limit of memory makes less, changes the order of sums alone.
  @Test(arguments: Lesson.Learner.allCases)
  func valuesDoNotDependOnHowMuchIsComputedAtATime(learner: Lesson.Learner) throws {
    let lesson = try Lesson(.teacherForcing, learner)
    for _ in 0..<20 { _ = try lesson.update() }
    let whole = try lesson.validator(tokens: 768)()
    let parts = try lesson.validator(tokens: 10)()
    #expect(Set(whole.keys) == [.loss, .accuracy, .chrf])
    for (metric, value) in whole {
      #expect(abs(value - (parts[metric] ?? .nan)) <= 1e-6 * abs(value), "\(metric)")
    }
  }
}

extension Lesson {
  fileprivate struct HeldBytes: Equatable {
    var training: Int
    var inference: Int
  }

  fileprivate func heldBytes() throws -> HeldBytes {
    try pool.run { _, contexts in
      HeldBytes(
        training: contexts.training.memory.bytesHeld,
        inference: contexts.inference.memory.bytesHeld)
    }[0]
  }

  /// Examines the model on the pairs that it learns.
  fileprivate func validator(tokens: Int) throws -> Validator {
    @Sendable func text(_ tokens: [Int32]) -> String {
      tokens.map { String($0) }.joined(separator: " ")
    }
    var workers = try GradientWorkers(
      model: model, regime: regime, optimizer: optimizer, pool: pool)
    workers.sliceTokens = tokens
    return Validator(
      set: ValidationSet(pairs: pairs, references: pairs.map { text($0.target) }) { text($1) },
      configuration: ValidationConfiguration(metrics: [.loss, .accuracy, .chrf]),
      workers: workers)
  }
}
