import SeqDecoding
import Testing

/// A sentence's result and cost do not depend on its batch.
@Suite struct SearchBatchTests {
  static let settings = [
    SearchOptions(beamSize: 1),
    SearchOptions(beamSize: 1, minimumLength: 3),
    SearchOptions(beamSize: 4, nBest: 4, maximumLength: 12),
    SearchOptions(
      beamSize: 5, nBest: 2, minimumLength: LengthLimit(perSourceToken: 1, constant: 0)
    ),
    SearchOptions(
      beamSize: 3, nBest: 3, lengthNormalization: .average,
      maximumLength: LengthLimit(perSourceToken: 2, constant: 1), stoppingRule: .provablyBest),
    SearchOptions(beamSize: 20, nBest: 20, maximumLength: 7),
  ]

  @Test(arguments: settings)
  func batchOf64InAnyOrderEqualsAlone(options: SearchOptions) throws {
    let search = try BeamSearch(options)
    // With few levels ties are everywhere, and with impossible tokens beams are not full.
    for (levels, impossible) in [(1 << 20, UInt64(0)), (3, 0), (1 << 20, 4)] {
      let model = TableModel(
        vocabularySize: 12, levels: levels, impossibleOfEight: impossible, endBias: 1)
      let sources = randomSources(count: 64)
      let alone = try sources.map { try search([$0], with: model)[0] }
      var random = SplitMix64(state: 3)
      for order in [Array(0..<64), (0..<64).shuffled(using: &random), (0..<64).reversed()] {
        let together = try search(order.map { sources[$0] }, with: model)
        #expect(together == order.map { alone[$0] })
      }
      #expect(Set(alone).count > 30)
    }
  }

  @Test(arguments: settings)
  func finishedSentencesLeave(options: SearchOptions) throws {
    let search = try BeamSearch(options)
    let sources = randomSources(count: 64)
    let together = TableModel(vocabularySize: 12, endBias: 1)
    _ = try search(sources, with: together)
    let alone = try sources.map { source in
      let model = TableModel(vocabularySize: 12, endBias: 1)
      _ = try search([source], with: model)
      return model.log.rowsStepped
    }
    // Each step of the batch has exactly the rows that its sentences would have alone.
    let expected = (0..<(alone.map(\.count).max() ?? 0)).map { step in
      alone.reduce(0) { $0 + (step < $1.count ? $1[step] : 0) }
    }
    #expect(together.log.rowsStepped == expected)
    #expect(expected.first == 64)
    #expect((expected.last ?? 64) < 64 * options.beamSize)
  }

  @Test func greedyStepsOneRowAToken() throws {
    let model = TableModel(vocabularySize: 12, endBias: 1)
    let results = try BeamSearch(SearchOptions(beamSize: 1))(randomSources(count: 64), with: model)
    #expect(model.log.totalRows == results.reduce(0) { $0 + $1.best.tokens.count + 1 })
  }

  @Test func emptySourceAndEmptyBatch() throws {
    let search = try BeamSearch(SearchOptions())
    let model = TableModel(endBias: 1)
    #expect(try search([], with: model).isEmpty)
    #expect(model.log.rowsStepped.isEmpty)
    let result = try search([[], [3], []], with: model)
    #expect(result[0] == result[2])
    #expect(result[0].hypotheses.count == 1)
  }
}
