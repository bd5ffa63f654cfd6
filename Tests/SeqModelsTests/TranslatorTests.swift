import SeqDecoding
import SeqText
import SeqModels
import SeqTestSupport
import Testing

/// Searches over real models, by several workers, and told of on their way.
@Suite struct TranslatorTests {
  private static let models: [any EncoderDecoder] = [
    Variant.all[0].model(seed: 3), RecurrentVariant.all[2].model(seed: 3),
  ]

  private func translator(
    _ model: Int = 0, workerCount: Int, beamSize: Int
  ) throws -> Translator {
    try Translator(
      Self.models[model],
      options: SearchOptions(
        beamSize: beamSize, nBest: beamSize, maximumLength: 12, coveragePenalty: 0.1),
      pool: ComputePool(workerCount: workerCount, store: Self.models[model].store),
      batchTokens: 90)
  }

  /// With prefixes and required phrases among them.
  private var requests: [SearchRequest] {
    Self.models[0]
      .randomSentences(count: 64, lengths: 1...20, endToken: SpecialTokens.standard.end, seed: 2)
      .enumerated().map { index, source in
        SearchRequest(
          source, prefix: index % 5 == 0 ? [7, 8] : [],
          requiredPhrases: index % 3 == 0 ? [[9, 10], [11]] : [])
      }
  }

  /// The same texts, and scores that differ by rounding alone.
  private func agree(_ found: [SearchResult], _ expected: [SearchResult]) -> Bool {
    zip(found, expected).allSatisfy { found, expected in
      found.hypotheses.map(\.tokens) == expected.hypotheses.map(\.tokens)
        && zip(found.hypotheses, expected.hypotheses).allSatisfy {
          abs($0.score - $1.score) <= 1e-4
        }
    }
  }

  @Test(arguments: models.indices, [1, 4])
  func theBatchAndTheWorkersChangeNothing(model: Int, beamSize: Int) throws {
    let together = try translator(model, workerCount: 1, beamSize: beamSize)(requests)
    #expect(Set(together.map(\.best.tokens)).count > 15)
    let two = try translator(model, workerCount: 2, beamSize: beamSize)
    #expect(agree(try two(requests), together))
    #expect(agree(try two(requests.reversed()).reversed(), together))
    for index in stride(from: 0, to: 64, by: 7) {
      #expect(agree(try two([requests[index]]), [together[index]]))
    }
  }

  /// What a search needs, the one before it has left.
  @Test(arguments: models.indices, [1, 4])
  func anotherSearchAsksTheSystemForNoMemory(model: Int, beamSize: Int) throws {
    let translator = try translator(model, workerCount: 1, beamSize: beamSize)
    func memory() throws -> [[Int]] {
      _ = try translator(requests)
      return try translator.pool.run { _, contexts in
        let memory = contexts.inference.memory
        return [memory.systemAllocationCount, memory.bytesHeld, memory.bytesInUse]
      }
    }
    let first = try memory()
    #expect(try memory() == first)
    #expect(first.allSatisfy { $0[0] > 0 && $0[2] == 0 })
  }

  @Test(arguments: [1, 4])
  func updatesEndInTheResult(beamSize: Int) async throws {
    let translator = try translator(workerCount: 2, beamSize: beamSize)
    for request in requests.prefix(8) {
      let result = try translator([request])[0]
      var updates: [SearchUpdate] = []
      for try await update in translator.updates(for: request) { updates.append(update) }
      var same: [SearchUpdate] = []
      try translator.forEachUpdate(of: request) { same.append($0) }
      #expect(updates == same)
      #expect(updates.last == .result(result))
      let certain = updates.dropLast().compactMap { update -> [Int32]? in
        if case .certain(let tokens) = update { tokens } else { nil }
      }
      #expect(certain.count == updates.count - 1)
      #expect(certain.last ?? [] == result.best.tokens)
      for (before, after) in zip(certain, certain.dropFirst()) {
        #expect(after.starts(with: before) && after.count > before.count)
      }
    }
  }

  @Test func aListenerThatThrowsEndsTheSearch() throws {
    struct Enough: Error {}
    let translator = try translator(workerCount: 1, beamSize: 1)
    var count = 0
    #expect(throws: Enough.self) {
      try translator.forEachUpdate(of: SearchRequest([5, 6, 2])) { _ in
        count += 1
        throw Enough()
      }
    }
    #expect(count == 1)
    // The pool is free again.
    #expect(try translator([SearchRequest([5, 6, 2])]).count == 1)
  }

  @Test func errorsOfASearchArriveInItsUpdates() async throws {
    let translator = try translator(workerCount: 1, beamSize: 2)
    let impossible = SearchRequest([5, 2], requiredPhrases: [Array(repeating: 7, count: 20)])
    await #expect(throws: SearchError.noRoomForPhrases(sentence: 0, missing: 20, room: 12)) {
      for try await _ in translator.updates(for: impossible) {}
    }
  }
}
