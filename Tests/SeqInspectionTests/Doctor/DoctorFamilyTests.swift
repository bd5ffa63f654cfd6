import SeqInspection
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
    let flat = ModelConfiguration.transformer(
      TransformerConfiguration(
        encoderLayerCount: 1, decoderLayerCount: 1, embeddingSize: 24, feedForwardSize: 40,
        headCount: 4)
    ).model(vocabularies: VocabularySizes(source: 31, target: 31), seed: 1)
    let report = try Doctor().examine(Boasting(model: PaddedModel(flat)))
    let rule = try #require(report[.bothWays])
    #expect(rule.verdict == .failed)
    #expect(rule.findings.contains { $0.found.contains("of another paragraph") })
  }

  private struct Boasting: ExaminedModel {
    let model: PaddedModel
    var vocabularies: VocabularySizes { model.vocabularies }
    var paragraphEnd: Int32? { model.endToken }
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
