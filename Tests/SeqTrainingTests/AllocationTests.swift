import SeqDecoding
import SeqModels
import SeqTensors
import SeqTestSupport
import SeqTraining
import Testing

/// What steps ask of memory once they have become regular: numbers that, unlike seconds, are the same
/// on a busy machine.
///
/// A limit on the heap is the number measured, which stands beside it, and about a sixth: room for
/// another compiler, but not for one allocation more for every token, or for every row of a beam.
/// Numbers are those of optimised code, on a processor whose decoding multiplies without oneDNN, which
/// takes memory for every product.
@Suite struct AllocationTests {
  private static let counts = ConditionTrait.enabled(
    if: HeapAllocations.areCounted && !_isDebugAssertConfiguration() && !Machine.hasAVX512,
    "heap allocations are counted in optimised code with glibc, without AVX-512")

  // MARK: Training

  /// A model that learns, and the most heap allocations of one of its steps.
  struct TrainingLimit {
    let learner: Lesson.Learner
    let allocations: Int
  }

  /// Of eight pairs, with Swift 6.3.
  static let trainingLimits = [
    TrainingLimit(learner: .transformer, allocations: 305),  // 261
    TrainingLimit(learner: .lstm, allocations: 330),  // 283
    TrainingLimit(learner: .gru, allocations: 1445),  // 1241, step by step
  ]

  @Test(arguments: Lesson.Learner.allCases)
  func trainingTakesNothingMoreFromTheSystem(learner: Lesson.Learner) throws {
    let lesson = try Lesson(.teacherForcing, learner, dropout: 0.1)
    for _ in 0..<3 { _ = try lesson.update() }
    let before = try lesson.poolFigures()
    for _ in 0..<10 { _ = try lesson.update() }
    #expect(try lesson.poolFigures() == before)
  }

  @Test(counts, arguments: trainingLimits)
  func heapAllocationsOfATrainingStep(limit: TrainingLimit) throws {
    let lesson = try Lesson(.teacherForcing, limit.learner, dropout: 0.1)
    for _ in 0..<3 { _ = try lesson.update() }
    let before = try lesson.heapAllocations()
    for _ in 0..<10 { _ = try lesson.update() }
    let count = (try lesson.heapAllocations() - before) / 10
    #expect(count <= limit.allocations)
    #expect(count > 0)
  }

  // MARK: Decoding

  /// A model that is searched, and the most heap allocations of a step.
  struct DecodingLimit {
    let learner: Lesson.Learner
    let beamSize: Int
    /// Whether a rule is asked at every step: targets may not end before they are as long as they can
    /// get.
    var hasMinimum = false
    let allocations: Int
  }

  /// Of eight sentences, with Swift 6.3.
  static let decodingLimits = [
    DecodingLimit(learner: .transformer, beamSize: 1, allocations: 140),  // 120
    DecodingLimit(learner: .transformer, beamSize: 4, allocations: 174),  // 149
    DecodingLimit(learner: .transformer, beamSize: 4, hasMinimum: true, allocations: 198),  // 170
    DecodingLimit(learner: .lstm, beamSize: 1, allocations: 137),  // 117
    DecodingLimit(learner: .lstm, beamSize: 4, allocations: 168),  // 144
    DecodingLimit(learner: .gru, beamSize: 1, allocations: 141),  // 121
    DecodingLimit(learner: .gru, beamSize: 4, allocations: 169),  // 145
  ]

  @Test(counts, arguments: decodingLimits)
  func heapAllocationsOfADecodingStep(limit: DecodingLimit) throws {
    let model = Lesson.model(limit.learner, dropout: 0)
    let sources = Lesson.pairs(count: 8).map(\.source)
    let context = Context(mode: .inference)
    func allocations(steps: Int) throws -> Int {
      let length = LengthLimit(constant: Double(steps))
      let search = try BeamSearch(
        SearchOptions(
          beamSize: limit.beamSize, minimumLength: limit.hasMinimum ? length : 0,
          maximumLength: length))
      let before = HeapAllocations.count
      try model.search(sources, by: search, isEndless: !limit.hasMinimum, in: context)
      return HeapAllocations.count - before
    }
    // The first search packs the weights.
    _ = try allocations(steps: 48)
    let pool = context.memory.systemAllocationCount
    // What a search costs before and after its steps falls out of the difference.
    let count = (try allocations(steps: 48) - allocations(steps: 16)) / 32
    #expect(count <= limit.allocations)
    #expect(count > 0)
    #expect(context.memory.systemAllocationCount == pool)
  }
}

extension Lesson {
  /// How often the pool asked the system, what it holds, and what of it is and was in use.
  fileprivate func poolFigures() throws -> [Int] {
    try pool.run { _, contexts in
      let memory = contexts.training.memory
      return [
        memory.systemAllocationCount, memory.bytesHeld, memory.bytesInUse, memory.peakBytesInUse,
      ]
    }[0]
  }

  /// Heap allocations so far, of this thread and of the worker.
  fileprivate func heapAllocations() throws -> Int {
    try pool.run { _, _ in HeapAllocations.count }.reduce(HeapAllocations.count, +)
  }
}

extension SearchableModel {
  fileprivate func search(
    _ sources: [[Int32]], by search: BeamSearch, isEndless: Bool, in context: Context
  ) throws {
    if isEndless {
      _ = try search(sources, with: EndlessSteps(base: steps(in: context)))
    } else {
      _ = try search(sources, with: steps(in: context))
    }
  }
}

/// A model that never says EOS, so that a search makes as many steps as it may.
private struct EndlessSteps<Base: StepModel>: StepModel {
  let base: Base

  var vocabularySize: Int { base.vocabularySize }
  var beginToken: Int32 { base.beginToken }
  /// None.
  var endToken: Int32 { -1 }
  var excludedTokens: [Int32] { base.excludedTokens + [base.endToken] }
  var stepLimit: Int? { base.stepLimit }
  var givesAttention: Bool { base.givesAttention }

  func start(sources: [[Int32]]) throws -> Base.State { try base.start(sources: sources) }

  func step(
    _ tokens: [Int32], state: inout Base.State, _ request: StepRequest
  ) throws -> BestScores {
    try base.step(tokens, state: &state, request)
  }

  func reorder(_ state: inout Base.State, rows: [Int]) { base.reorder(&state, rows: rows) }
}
