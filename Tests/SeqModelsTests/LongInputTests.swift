import Foundation
import SeqModels
import SeqTensors
import SeqTestSupport
import Testing

/// What is particular to a window, to latents and to a compressed memory; all else are rows of
/// ``Variant``.
@Suite struct LongInputTests {
  private func variant(_ input: Variant.LongInput) throws -> Variant {
    try #require(Variant.long.first { $0.longInput == input })
  }

  /// For every row of the memory whether a number in it is another.
  private func changedRows(
    of model: Transformer, _ sources: [[Int32]], at place: Int, _ mode: Context.Mode
  ) -> [Bool] {
    let context = Context(mode: mode, store: model.store)
    let sequences = Sequences(lengths: sources.map(\.count))
    func memory(_ ids: [Int32]) -> [Float] {
      model.encode(ids, sequences, in: context).memory.values
    }
    var ids = sources.flatMap { $0 }
    let before = memory(ids)
    ids[place] = ids[place] == 20 ? 21 : 20
    let after = memory(ids)
    let size = model.encoder.memorySize
    return stride(from: 0, to: before.count, by: size).map {
      before[$0..<$0 + size] != after[$0..<$0 + size]
    }
  }

  // MARK: Window

  /// Two layers of three tokens to each side see six, and not one more.
  @Test(arguments: [Context.Mode.training, .inference])
  func aWindowReachesSoFar(mode: Context.Mode) throws {
    let model = try variant(.window).model(seed: 1)
    let source = model.randomSentences(count: 1, lengths: 40...40, seed: 2)
    for place in [0, 5, 20, 39] {
      #expect(
        changedRows(of: model, source, at: place, mode) == (0..<40).map { abs($0 - place) <= 6 })
    }
  }

  /// What is far away comes through the first two tokens.
  @Test(arguments: [Context.Mode.training, .inference])
  func globalTokensReachAll(mode: Context.Mode) throws {
    var long = try variant(.windowWithGlobals)
    long.positions = .sinusoidal
    let model = long.model(seed: 3)
    let sources = model.randomSentences(count: 2, lengths: 90...90, seed: 4)
    for place in [0, 60, 89] {
      #expect(
        changedRows(of: model, sources, at: place, mode) == (0..<180).map { $0 < 90 })
    }
    // Not through others: in one layer a token sees its neighbours and the global ones alone.
    let batch = TokenBatch(sources: sources, inputs: sources)
    for map in model.attention(of: batch, in: Context(mode: .inference))[0].encoder {
      for query in 0..<90 {
        for key in 0..<90 {
          #expect((map[1, query, key] > 0) == (min(query, key) < 2 || abs(query - key) <= 1))
        }
      }
    }
  }

  /// A window as wide as the text is no window.
  @Test func aWideWindowChangesNothing() throws {
    let narrow = try variant(.window).model(seed: 5)
    let pairs = narrow.randomPairs(count: 7, seed: 6)
    func logits(_ window: Int?) throws -> [Float] {
      guard case .transformer(var configuration) = narrow.configuration else { return [] }
      configuration.attentionWindow = window
      let model = Transformer(configuration, vocabularies: narrow.vocabularies, seed: 1)
      for (own, other) in zip(model.store.parameters, narrow.store.parameters) {
        own.assign(other.values)
      }
      return model.logits(of: pairs, in: Context(mode: .inference)).flatMap { $0 }
    }
    let whole = try logits(nil)
    #expect(largestDifference(try logits(64), whole) < 1e-5)
    #expect(largestDifference(try logits(6), whole) > 1e-3)
  }

  // MARK: Latents

  @Test(arguments: [Variant.LongInput.latents, .latentsReadingOnce], [0, 1, 9])
  func theMemoryIsTheLatents(input: Variant.LongInput, place: Int) throws {
    let model = try variant(input).model(seed: 7)
    let count = input == .latents ? 3 : 5
    let sources = [1, 8, 0, 4].map { length in
      model.randomSentences(count: 1, lengths: length...length, seed: 8)[0]
    }
    let memory = model.encode(
      sources.flatMap { $0 }, Sequences(lengths: sources.map(\.count)),
      in: Context(mode: .inference)
    ).memory
    #expect(memory.sequences?.lengths == [count, count, count, count])
    #expect(memory.values.allSatisfy { $0.isFinite })
    // The first token is the first source, the next eight the second, the rest the last.
    let owner = place == 0 ? 0 : place < 9 ? 1 : 3
    #expect(
      changedRows(of: model, sources, at: place, .training)
        == (0..<4 * count).map { $0 / count == owner })
  }

  @Test func latentsAttend() throws {
    for (input, count, readCount) in [
      (Variant.LongInput.latents, 3, 2), (.latentsReadingOnce, 5, 1),
    ] {
      let model = try variant(input).model(seed: 9)
      let pairs = model.randomPairs(count: 4, seed: 10)
      let found = model.attention(
        of: TokenBatch(pairs, .standard),
        in: Context(mode: .inference))
      for (pair, attention) in zip(pairs, found) {
        let (source, target) = (pair.source.count, pair.target.count + 1)
        for (maps, layers, rows, columns) in [
          (attention.reads, readCount, count, source), (attention.encoder, 2, count, count),
          (attention.cross, 3, target, count), (attention.decoder, 3, target, target),
        ] {
          #expect(maps.count == layers)
          for map in maps {
            #expect((map.queryCount, map.keyCount) == (rows, columns))
            for row in map.meanRows { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
          }
        }
      }
    }
  }

  /// Rows of sources of one token draw as many numbers as latents there are; none of them twice.
  @Test func latentsOfNeighboursDropApart() throws {
    let model = try variant(.latents).model(seed: 11, dropout: (0.5, 0, 0))
    let context = Context(mode: .training, store: model.store)
    context.seedDropout(3)
    let memory = model.encode(
      [5, 5, 5], Sequences(lengths: [1, 1, 1]), in: context
    ).memory
    let size = model.encoder.memorySize
    let rows = stride(from: 0, to: memory.shape.count, by: size).map {
      Array(memory.values[$0..<$0 + size])
    }
    #expect(Set(rows).count == 9)
  }

  // MARK: Compression

  /// A group hears of its own tokens, through self-attention of all; with a narrow window of no other.
  @Test func groupsAreOfTheirSource() throws {
    let model = try variant(.compression).model(seed: 12)
    let sources = [1, 7, 0, 3].map { length in
      model.randomSentences(count: 1, lengths: length...length, seed: 13)[0]
    }
    for (place, rows) in [(0, 0..<1), (1, 1..<4), (7, 1..<4), (8, 4..<5)] {
      #expect(
        changedRows(of: model, sources, at: place, .training) == (0..<5).map { rows ~= $0 })
    }
    let narrow = try variant(.compressionOfWindow).model(seed: 14)
    let source = narrow.randomSentences(count: 1, lengths: 41...41, seed: 15)
    // Two layers of two tokens to each side.
    #expect(
      changedRows(of: narrow, source, at: 20, .inference)
        == (0..<21).map { (8...12).contains($0) })
  }

  /// The memory by its formula, from that of the model without compression.
  @Test func theConvolution() throws {
    let model = try variant(.compression).model(seed: 16)
    guard case .transformer(var configuration) = model.configuration else { return }
    configuration.memoryCompression = nil
    let plain = Transformer(configuration, vocabularies: model.vocabularies, seed: 1)
    var kernel: [Float] = []
    var bias: [Float] = []
    let parameters = Dictionary(
      uniqueKeysWithValues: model.store.parameters.map { ($0.name, $0.values) })
    for parameter in plain.store.parameters {
      parameter.assign(try #require(parameters[parameter.name]))
    }
    kernel = try #require(parameters["encoder.memory_compression.weight"])
    bias = try #require(parameters["encoder.memory_compression.bias"])
    let context = Context(mode: .inference)
    let ids = model.randomSentences(count: 1, lengths: 7...7, seed: 17)[0]
    func memory(_ model: Transformer) -> [Float] {
      model.encode(ids, Sequences(lengths: [7]), in: context).memory.values
    }
    let (found, rows, size) = (memory(model), memory(plain), model.encoder.memorySize)
    #expect(found.count == 3 * size)
    for group in 0..<3 {
      for column in 0..<size {
        var sum = Double(bias[column])
        for place in 0..<3 where 3 * group + place < 7 {
          for inner in 0..<size {
            sum +=
              Double(rows[(3 * group + place) * size + inner])
              * Double(kernel[column * 3 * size + place * size + inner])
          }
        }
        #expect(abs(sum - Double(found[group * size + column])) < 1e-4)
      }
    }
  }

  // MARK: What attention is about

  @Test func whatRowsStandFor() throws {
    let expected: [(Variant.LongInput, MemoryRows)] = [
      (.window, .tokens), (.windowWithGlobals, .tokens), (.latents, .latents),
      (.compression, .groups(3)), (.compressionOfWindow, .groups(2)),
    ]
    for (input, rows) in expected {
      let model = try variant(input).model(seed: 1)
      #expect(model.configuration.memoryRows == rows)
      // Coverage and alignments count source tokens.
      #expect(model.steps(in: Context(mode: .inference)).givesAttention == (rows == .tokens))
    }
  }

  // MARK: Configuration

  @Test(arguments: Variant.long)
  func roundTrip(variant: Variant) throws {
    let configuration = variant.model(seed: 1).configuration
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try encoder.encode(configuration)
    #expect(try decoder.decode(ModelConfiguration.self, from: data) == configuration)
    // A file of an earlier release has none of the keys.
    let text = try #require(String(data: data, encoding: .utf8))
    #expect(!text.contains("null"))
    let plain = ModelConfiguration.transformer(TransformerConfiguration())
    let plainText = try #require(String(data: encoder.encode(plain), encoding: .utf8))
    for key in ["window", "global", "latent", "compression"] {
      #expect(!plainText.contains(key))
    }
  }

  private func problems(_ change: (inout TransformerConfiguration) -> Void) -> [String] {
    var configuration = TransformerConfiguration(embeddingSize: 16, headCount: 2)
    change(&configuration)
    return configuration.problems(vocabularies: VocabularySizes(source: 30, target: 30))
  }

  @Test func whatDoesNotGoTogether() {
    #expect(problems { $0.attentionWindow = 7 }.first?.contains("it is even") == true)
    for value in [-3, 0, 1] {
      #expect(problems { $0.attentionWindow = value } == ["attention_window is \(value), below 2"])
      #expect(
        problems { $0.memoryCompression = value } == ["memory_compression is \(value), below 2"])
    }
    #expect(problems { $0.latentCount = 0 } == ["latent_count is 0, below 1"])
    #expect(
      problems { $0.globalTokenCount = 1 }
        == ["global_token_count has no effect without attention_window"])
    #expect(
      problems { $0.latentReadEvery = 1 }
        == ["latent_read_every has no effect without latent_count"])
    for positions in TransformerConfiguration.Positions.allCases {
      let isAbsolute = positions.isAbsolute
      let window = problems { ($0.positions, $0.attentionWindow) = (positions, 4) }
      #expect(window.isEmpty == (isAbsolute || positions == .rotary))
      let latents = problems { ($0.positions, $0.latentCount) = (positions, 4) }
      #expect(latents.isEmpty == isAbsolute)
      for problem in window + latents {
        #expect(problem.contains("positions: \(positions.rawValue)"))
      }
      #expect(problems { ($0.positions, $0.memoryCompression) = (positions, 4) } == [])
    }
    #expect(
      problems {
        ($0.latentCount, $0.attentionWindow, $0.memoryCompression) = (4, 4, 4)
      }.count == 2)
  }

  /// A pointer needs tokens to point at, which a window leaves.
  @Test func copyingNeedsTokens() {
    let sizes = VocabularySizes(source: 30, target: 30)
    let changes: [(key: String?, (inout TransformerConfiguration) -> Void)] = [
      (nil, { $0.attentionWindow = 4 }), ("latent_count", { $0.latentCount = 4 }),
      ("memory_compression", { $0.memoryCompression = 4 }),
    ]
    for (key, change) in changes {
      var configuration = TransformerConfiguration(
        embeddingSize: 16, headCount: 2, copying: CopyingConfiguration())
      change(&configuration)
      let expected = key.map {
        "\($0) does not go with copying, which points at single source tokens"
      }
      #expect(configuration.problems(vocabularies: sizes) == (expected.map { [$0] } ?? []))
      // In a mixed model each half says what is its own.
      let decoder = TransformerConfiguration(
        embeddingSize: 16, headCount: 2, copying: configuration.copying)
      configuration.copying = nil
      let mixed = MixedConfiguration(
        encoder: .transformer(configuration), decoder: .transformer(decoder))
      let found = ModelConfiguration.mixed(mixed).problems(vocabularies: sizes)
      #expect(found.contains { $0.hasPrefix("encoder.") } == (key != nil))
    }
  }

  @Test func absurdSizesAreTold() {
    #expect(problems { $0.latentCount = .max }.count == 1)
    #expect(problems { $0.memoryCompression = .max }.count == 1)
    #expect(problems { ($0.latentCount, $0.latentReadEvery) = (4, .max) } == [])
    #expect(
      problems { ($0.attentionWindow, $0.globalTokenCount) = (.max - 1, .max) } == [])
  }

  @Test func differencesAreNamed() {
    func keys(_ change: (inout TransformerConfiguration) -> Void) -> [String] {
      var configuration = TransformerConfiguration()
      change(&configuration)
      return ModelConfiguration.transformer(configuration)
        .architectureDifferences(from: .transformer(TransformerConfiguration())).map(\.key)
    }
    #expect(keys { $0.attentionWindow = 4 } == ["attention_window", "global_token_count"])
    #expect(keys { $0.latentCount = 4 } == ["latent_count", "latent_read_every"])
    #expect(keys { $0.memoryCompression = 4 } == ["memory_compression"])
    #expect(keys { $0.latentReadEvery = 4 } == [])
  }
}
