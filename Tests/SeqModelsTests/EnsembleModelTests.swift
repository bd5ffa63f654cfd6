import Foundation
import SeqDecoding
import SeqModels
import SeqTensors
import SeqText
import SeqTestSupport
import Testing

/// Ensembles and samples of real models: of different families, in any batch, by any workers.
@Suite struct EnsembleModelTests {
  private static let vocabularies = VocabularySizes(source: 37, target: 37)

  /// A Transformer, a recurrent and a mixed model of one vocabulary.
  private static func models() -> [any EncoderDecoder] {
    let transformers = Variant.all.filter { $0.tying == .all }.prefix(1)
    return transformers.map { $0.model(seed: 1) }
      + [RecurrentVariant.all[1], RecurrentVariant.mixed[0]].map { $0.model(seed: 2) }
  }

  private static let requests = models()[0].randomSentences(
    count: 24, lengths: 1...9, endToken: SpecialTokens.standard.end, seed: 8
  ).map { SearchRequest($0) }

  private static let searches: [any TargetSearch] = [
    try? Sampling(
      SamplingOptions(sampleCount: 4, temperature: 0.8, topP: 0.9, maximumLength: 8),
      processors: [NoRepeatNGram(size: 2)]),
    try? Sampling(
      SamplingOptions(sampleCount: 6, nBest: 2, topK: 5, typical: 0.95, maximumLength: 8)),
  ].compactMap { $0 }

  @Test func membersAreOfEveryFamily() {
    #expect(Self.models().count == 3)
    #expect(Self.models().allSatisfy { $0.vocabularies == Self.vocabularies })
    #expect(Self.searches.count == 2)
  }

  @Test func stepsAreTheMeanOfTheMembers() throws {
    let models = Self.models()
    let context = Context(mode: .inference)
    let sources = Self.requests.prefix(3).map(\.source)
    for combination in EnsembleSteps.Combination.allCases {
      let ensemble = ModelEnsemble(models, combination: combination, weights: [2, 1, 1])
      let steps = ensemble.steps(in: context)
      var state = try steps.start(sources: sources)
      var apart = try models.map { try Apart($0, sources, context) }
      for tokens: [Int32] in [[1, 1, 1], [7, 8, 9], [20, 20, 4]] {
        let found = try steps.step(tokens, state: &state, StepRequest(wholeRows: [0, 1, 2]))
          .wholeRows
        let rows = try apart.indices.map { try apart[$0].step(tokens) }
        for place in found.indices {
          let values = zip(rows, [0.5, 0.25, 0.25]).map { (Double($0[place]), $1) }
          let expected =
            combination == .linear
            ? log(values.reduce(0) { $0 + $1.1 * exp($1.0) })
            : values.reduce(0) { $0 + $1.1 * $1.0 }
          #expect(abs(Double(found[place]) - expected) < 1e-5)
        }
      }
    }
  }

  /// A member by itself, whatever its state is.
  private struct Apart {
    private let advance: ([Int32]) throws -> [Float]

    init(_ model: any EncoderDecoder, _ sources: [[Int32]], _ context: Context) throws {
      advance = try Self.advance(model, sources, context)
    }

    private static func advance(
      _ model: some EncoderDecoder, _ sources: [[Int32]], _ context: Context
    ) throws -> ([Int32]) throws -> [Float] {
      let steps = model.steps(in: context)
      var state = try steps.start(sources: sources)
      return { tokens in
        try steps.step(tokens, state: &state, StepRequest(wholeRows: Array(tokens.indices)))
          .wholeRows
      }
    }

    mutating func step(_ tokens: [Int32]) throws -> [Float] { try advance(tokens) }
  }

  @Test(arguments: EnsembleSteps.Combination.allCases)
  func oneModelAloneOrTwiceIsTheModel(combination: EnsembleSteps.Combination) throws {
    let options = SearchOptions(beamSize: 4, nBest: 2, maximumLength: 10)
    let sources = Self.requests.map(\.source)
    for model in Self.models() {
      let pool = ComputePool(workerCount: 1, store: model.store)
      let expected = try Translator(model, options: options, pool: pool)(sources)
      for copies in [1, 2] {
        let ensemble = ModelEnsemble(
          Array(repeating: model, count: copies), combination: combination)
        let found = try Translator(ensemble, options: options, pool: pool)(sources)
        #expect(found.map(\.best.tokens) == expected.map(\.best.tokens))
        for (found, expected) in zip(found, expected) {
          #expect(abs(found.best.score - expected.best.score) <= 1e-5)
        }
      }
    }
  }

  @Test(arguments: [1, 2])
  func anEnsembleGivesTheSameByAnyWorkersInAnyBatch(workerCount: Int) throws {
    let models = Self.models()
    let ensemble = ModelEnsemble(models)
    #expect(ensemble.lengthLimit == models.compactMap(\.lengthLimit).min())
    let options = SearchOptions(beamSize: 3, maximumLength: 8)
    let sources = Self.requests.map(\.source)
    func translate(_ sources: [[Int32]], _ workers: Int, _ batchTokens: Int) throws -> [[Int32]] {
      let pool = ComputePool(workerCount: workers, store: models[0].store)
      return try Translator(ensemble, options: options, pool: pool, batchTokens: batchTokens)(
        sources
      ).map(\.best.tokens)
    }
    let alone = try translate(sources, 1, 1)
    #expect(try translate(sources, workerCount, 4096) == alone)
    #expect(try translate(sources.reversed(), workerCount, 100) == alone.reversed())
    #expect(Set(alone).count > 5)
  }

  @Test func samplesOfRealModelsDoNotDependOnTheBatch() throws {
    let context = Context(mode: .inference)
    let models: [any SearchableModel] = Self.models() + [ModelEnsemble(Self.models())]
    for model in models {
      for search in Self.searches {
        let alone = try Self.requests.map {
          try results(search, [$0], model, context)[0]
        }
        let together = try results(search, Self.requests, model, context)
        let reversed = try results(search, Self.requests.reversed(), model, context)
        for (result, others) in zip(alone, zip(together, reversed.reversed())) {
          guard !Machine.keepsRowBits else {
            #expect(others.0 == result && others.1 == result)
            continue
          }
          #expect(others.0.hypotheses.map(\.tokens) == result.hypotheses.map(\.tokens))
        }
        #expect(Set(alone).count > 20)
      }
    }
  }

  private func results(
    _ search: some TargetSearch, _ requests: [SearchRequest], _ model: some SearchableModel,
    _ context: Context
  ) throws -> [SearchResult] {
    try search(requests, with: model.steps(in: context), progress: nil)
  }
}
