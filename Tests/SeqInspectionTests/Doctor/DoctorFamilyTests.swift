import Foundation
import SeqInspection
import SeqKernels
import SeqLayers
import SeqModels
import Testing

/// Every model of this toolkit keeps the ten rules, fresh or with the parameters of a trained one.
@Suite struct DoctorFamilyTests {
  /// What is neither broken nor left out without reason.
  private func expectHealth(_ report: DoctorReport, _ model: PaddedModel) {
    #expect(!report.hasFailed && report.count(.notExamined) == 0, "\(report.text)")
    #expect(
      (report[.bothWays]?.verdict == .notApplicable) == !model.encoderReadsBothWays,
      "\(report.text)")
    for rule in report.rules where ![.bothWays, .memoryPadding, .attentionSum].contains(rule.rule) {
      #expect(rule.verdict == .passed, "\(report.text)")
    }
  }

  @Test(arguments: ModelFamily.all)
  func aFreshModelPasses(family: ModelFamily) throws {
    let model = PaddedModel(family.model(seed: 3))
    expectHealth(try Doctor().examine(model), model)
  }

  @Test(arguments: ModelFamily.all)
  func aTrainedLookingModelPasses(family: ModelFamily) throws {
    let model = PaddedModel(family.model(seed: 4, gain: 2))
    expectHealth(try Doctor(seed: 9).examine(model), model)
  }

  @Test(arguments: ModelFamily.oneOfEach)
  func fewIDsAreEnough(family: ModelFamily) throws {
    let model = PaddedModel(family.model(seed: 5, vocabularySize: 6))
    expectHealth(try Doctor().examine(model), model)
  }

  /// What the doctor says of rules that are other ones for windows and latents.
  @Test func reportsSayWhatWasLookedAt() throws {
    func evidence(_ name: String, _ rule: MaskRule) throws -> String {
      let family = try #require(ModelFamily.long.first { $0.testDescription == name })
      let report = try Doctor().examine(PaddedModel(family.model(seed: 3)))
      return try #require(report[rule]).evidence
    }
    #expect(try !evidence("window", .bothWays).contains("outside a window"))
    #expect(
      try evidence("window wider than sentences", .bothWays).contains(
        "none of them outside a window"))
    #expect(
      try evidence("latents", .bothWays).contains("gradient of every source token that latents"))
    #expect(
      try evidence("latents", .memoryPadding).contains(
        "weights on padding where latents read the source"))
    #expect(try evidence("latents", .paddingToken).contains("latents' weights on padding"))
    #expect(try evidence("compression", .memoryPadding).contains("weights on padding"))
    // Of latents nobody asks what tokens see.
    #expect(try !evidence("latents", .bothWays).contains("both sides"))
  }

  /// Of an encoder of paragraphs rule 4 asks for both: that paragraphs are read alone, and that they
  /// know one another.
  @Test(arguments: ModelFamily.documents)
  func paragraphsAreExamined(family: ModelFamily) throws {
    let report = try Doctor().examine(PaddedModel(family.model(seed: 3)))
    let evidence = try #require(report[.bothWays]).evidence
    #expect(evidence.contains("weights on other paragraphs"))
    #expect(evidence.contains("change of states in other paragraphs"))
    let readsParagraphs = family.configuration.family == .transformer
    let memory = try #require(report[.memoryPadding]).evidence
    if readsParagraphs { #expect(memory.contains("weights on paragraphs that are not there")) }
  }

  /// What is said of a model that reads a source as a whole and calls that paragraphs.
  @Test func attentionAcrossParagraphsIsFound() throws {
    let flat = PaddedModel(Self.transformer())
    let report = try Doctor().examine(Boasting(model: flat, paragraphEnd: flat.endToken))
    let rule = try #require(report[.bothWays])
    #expect(rule.verdict == .failed)
    #expect(rule.findings.contains { $0.found.contains("of another paragraph") })
  }

  /// An encoder that looks beyond the window it is meant to have, of two tokens or of more than short
  /// sentences have.
  @Test(arguments: [1, 20])
  func attentionOutsideAWindowIsFound(reach: Int) throws {
    let flat = PaddedModel(Self.transformer())
    for globalCount in [0, 2] {
      let report = try Doctor().examine(
        Boasting(model: flat, encoderReach: reach, encoderGlobalCount: globalCount))
      let rule = try #require(report[.attentionSum])
      #expect(rule.verdict == .failed, "\(report.text)")
      #expect(rule.findings.first?.layer == "encoder.layers.0.self_attention")
      #expect(rule.findings.first?.hint.contains("window") == true)
    }
    // As many as there are tokens.
    let open = Boasting(model: flat, encoderReach: 1, encoderGlobalCount: 160)
    #expect(try Doctor().examine(open)[.attentionSum]?.verdict == .passed)
  }

  /// Sentences are as long as it takes, and the report says where they cannot be.
  @Test func whatDependsOnLengthComesUp() throws {
    func report(_ change: (inout TransformerConfiguration) -> Void) throws -> DoctorReport {
      let report = try Doctor().examine(PaddedModel(Self.transformer(change)))
      #expect(report.count(.passed) == 10, "\(report.text)")
      return report
    }
    func expect(_ report: DoctorReport, tokens: Int) {
      for rule in [MaskRule.paddingToken, .batch, .future, .attentionSum, .cachedStep] {
        #expect(report[rule]?.evidence.contains("(\(tokens) tokens)") == true, "\(report.text)")
      }
    }
    let reached: [(change: (inout TransformerConfiguration) -> Void, tokens: Int)] = [
      ({ _ in }, 40), ({ ($0.attentionWindow, $0.globalTokenCount) = (40, 1) }, 40),
      ({ $0.attentionWindow = 100 }, 52), ({ $0.positions = .t5 }, 130),
    ]
    for (change, tokens) in reached {
      let found = try report(change)
      expect(found, tokens: tokens)
      #expect(found.note == nil)
    }

    let few = try report {
      ($0.positions, $0.maxPositions, $0.attentionWindow) = (.learned, 12, 64)
    }
    expect(few, tokens: 12)
    let note = """
      sentences had at most 12 tokens, the limit of the model: too few for a third page of a cache, \
      source tokens outside a window
      """
    #expect(few.note == note)
    #expect(few.text.hasSuffix("\n\(note)\n10 passed, 0 failed\n"))
    #expect(
      try JSONDecoder().decode(DoctorReport.self, from: JSONEncoder().encode(few)) == few)

    let wide = try report { $0.attentionWindow = 1000 }
    expect(wide, tokens: 160)
    #expect(wide.note?.contains("the most that are examined") == true)
  }

  /// A model that was rounded is examined as it is used, not in float32 alone.
  @Test func faultsOfRoundedNumbersAreFound() throws {
    let model = PaddedModel(ModelFamily.oneOfEach[0].model(seed: 3, gain: 2))
    let healthy = try Doctor().examine(Rounded(model: model, readsPadding: false))
    #expect(!healthy.hasFailed, "\(healthy.text)")
    for rule in [MaskRule.paddingToken, .batch, .future, .attentionSum, .cachedStep] {
      #expect(healthy[rule]?.evidence.contains("(int8)") == true, "\(healthy.text)")
    }
    #expect(healthy[.maskedRow]?.evidence.contains("numbers not finite in int8 0") == true)
    let report = try Doctor().examine(Rounded(model: model, readsPadding: true))
    let rule = try #require(report[.paddingToken])
    #expect(rule.verdict == .failed, "\(report.text)")
    #expect(rule.findings.allSatisfy { $0.found.hasSuffix(" (int8)") })
  }

  private struct Rounded: ExaminedModel {
    let model: PaddedModel
    /// Whether padding of the source counts as tokens, in int8.
    let readsPadding: Bool
    var vocabularies: VocabularySizes { model.vocabularies }
    var precisions: [Precision] { Precision.allCases }
    var ownPrecision: Precision { .int8 }
    func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
      var batch = batch
      if readsPadding, batch.precision == .int8 {
        let (ids, length) = (batch.sources.ids, batch.sources.length)
        batch.sources = PaddedTokens(
          ids, length: length, lengths: batch.sources.lengths.map { _ in length })
      }
      return model.logProbabilities(batch)
    }
    func attentionWeights(_ batch: ExaminedBatch) -> [LayerAttention]? {
      model.attentionWeights(batch)
    }
    func cachedLogProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues? {
      try model.cachedLogProbabilities(batch)
    }
  }

  private static func transformer(
    _ change: (inout TransformerConfiguration) -> Void = { _ in }
  ) -> any EncoderDecoder {
    var configuration = TransformerConfiguration(
      encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 24, feedForwardSize: 40,
      headCount: 4)
    change(&configuration)
    return ModelConfiguration.transformer(configuration).model(
      vocabularies: VocabularySizes(source: 31, target: 31), seed: 1)
  }

  private struct Boasting: ExaminedModel {
    let model: PaddedModel
    var paragraphEnd: Int32?
    var encoderReach: Int?
    var encoderGlobalCount = 0
    var vocabularies: VocabularySizes { model.vocabularies }
    func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues { model.logProbabilities(batch) }
    func attentionWeights(_ batch: ExaminedBatch) -> [LayerAttention]? {
      model.attentionWeights(batch)
    }
    func states(_ batch: ExaminedBatch) -> [LayerStates]? { model.states(batch) }
  }

  @Test func whatHasNoAttentionHasNoRulesForIt() throws {
    let model = ModelConfiguration.recurrent(
      RecurrentConfiguration(embeddingSize: 8, hiddenSize: 8, attention: nil)
    ).model(vocabularies: VocabularySizes(source: 12, target: 9), seed: 1)
    let report = try Doctor().examine(PaddedModel(model))
    #expect(report[.memoryPadding]?.verdict == .notApplicable)
    #expect(report[.attentionSum]?.verdict == .notApplicable)
    #expect(report[.bothWays]?.verdict == .passed, "\(report.text)")
  }

  @Test func whatIsTooSmallIsRefused() {
    func model(ids: Int, positions: Int) -> PaddedModel {
      PaddedModel(
        ModelConfiguration.transformer(
          TransformerConfiguration(
            encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 8, feedForwardSize: 8,
            headCount: 2, positions: .learned, maxPositions: positions)
        ).model(vocabularies: VocabularySizes(source: ids, target: ids), seed: 1))
    }
    #expect(throws: DoctorError.fewIDs(side: .source, count: 1)) {
      try Doctor().examine(model(ids: 4, positions: 20))
    }
    #expect(throws: DoctorError.shortLimit(3)) {
      try Doctor().examine(model(ids: 9, positions: 3))
    }
    for limit in 4...12 {
      #expect(throws: Never.self) {
        let report = try Doctor().examine(model(ids: 9, positions: limit))
        #expect(!report.hasFailed && report.count(.notExamined) == 0, "\(limit) \(report.text)")
      }
    }
  }
}
