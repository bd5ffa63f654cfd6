import Foundation
import SeqModels
import SeqTensors
import SeqTestSupport
import SeqText
import Testing

/// What is particular to an encoder of documents; all else are rows of ``Variant``.
@Suite struct DocumentTests {
  private static let end = SpecialTokens.standard.end
  /// Three paragraphs, one, none, and two of which the last has no end.
  private static let sources: [[Int32]] = [
    [5, 9, 4, end, 9, 17, end, 22, 8, 7, 6, end], [11, 5, end], [], [8, 20, end, 13, 8, 5],
  ]
  /// For every token the number of its paragraph in the batch.
  private static let owners = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]
  /// For every token the number of its source.
  private static let documents = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 3, 3, 3, 3, 3, 3]

  /// Variants whose memory has a row for every token, and whose window, if any, is no matter here.
  private static let plain = Variant.documents.filter { $0.longInput == .none }

  /// The states of tokens that the encoder's layers end with, by name.
  private func states(
    of model: Transformer, _ ids: [Int32], _ sequences: Sequences, _ mode: Context.Mode = .inference
  ) -> [String: [Float]] {
    let context = Context(mode: mode, store: model.store)
    defer { context.discardRecorded() }
    let (_, layers) = context.capturingStates { model.encode(ids, sequences, in: context) }
    return Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0.states.values) })
  }

  private func changedRows(_ a: [Float], _ b: [Float], size: Int) -> [Bool] {
    stride(from: 0, to: a.count, by: size).map { a[$0..<$0 + size] != b[$0..<$0 + size] }
  }

  /// Layers of tokens see their paragraph, the block after document layers the whole source, and no
  /// more.
  @Test(arguments: plain, [Context.Mode.training, .inference])
  func whoSeesWhom(variant: Variant, mode: Context.Mode) throws {
    let model = variant.model(seed: 1)
    let ids = Self.sources.flatMap { $0 }
    let sequences = Sequences(lengths: Self.sources.map(\.count))
    let size = model.encoder.memorySize
    let before = states(of: model, ids, sequences, mode)
    for changed in ids.indices where ids[changed] != Self.end {
      var other = ids
      other[changed] = ids[changed] == 20 ? 21 : 20
      let after = states(of: model, other, sequences, mode)
      for layer in 0..<2 {
        let name = "encoder.layers.\(layer)"
        let rows = changedRows(
          try #require(before[name]), try #require(after[name]), size: size)
        #expect(rows == Self.owners.map { $0 == Self.owners[changed] }, "\(name)")
      }
      let rows = changedRows(
        try #require(before["encoder.document"]), try #require(after["encoder.document"]),
        size: size)
      #expect(rows == Self.documents.map { $0 == Self.documents[changed] })
    }
  }

  /// Before document layers a paragraph is what it is alone, wherever it stands: places begin anew.
  @Test(arguments: plain)
  func aParagraphIsReadAlone(variant: Variant) throws {
    let model = variant.model(seed: 2)
    let all = states(
      of: model, Self.sources.flatMap { $0 }, Sequences(lengths: Self.sources.map(\.count)))
    let together = try #require(all["encoder.layers.1"])
    let size = model.encoder.memorySize
    let last: [Int32] = [22, 8, 7, 6, Self.end]
    let alone = try #require(
      states(of: model, last, Sequences(lengths: [5]))["encoder.layers.1"])
    #expect(
      largestDifference(Array(together[7 * size..<12 * size]), alone) <= Machine.batchTolerance)
  }

  /// Same paragraphs, other order: their places count; of three, since distances alone, as ALiBi has
  /// them, are the same from both ends.
  @Test(arguments: plain)
  func orderOfParagraphsCounts(variant: Variant) throws {
    let model = variant.model(seed: 3)
    let orders: [[Int32]] = [
      [5, 9, Self.end, 7, 4, Self.end, 8, 6, Self.end],
      [7, 4, Self.end, 5, 9, Self.end, 8, 6, Self.end],
    ]
    let logits = orders.map {
      model.logits(of: [.init(source: $0, target: [5, 6])], in: Context(mode: .inference))[0]
    }
    #expect(largestDifference(logits[0], logits[1]) > 1e-3)
  }

  /// An end more or less is another division.
  @Test func endsDivide() throws {
    let model = try #require(Self.plain.first).model(seed: 4)
    let context = Context(mode: .inference)
    func paragraphs(_ ids: [Int32]) -> [Int]? {
      model.encode(ids, Sequences(lengths: [ids.count]), in: context).paragraphs?.sequences?.lengths
    }
    #expect(paragraphs([5, 9, Self.end]) == [1])
    #expect(paragraphs([5, 9]) == [1])
    #expect(paragraphs([5, Self.end, 9]) == [2])
    #expect(paragraphs([Self.end, 5, Self.end, Self.end]) == [3])
    #expect(paragraphs([]) == [0])
    let batch = model.encode(
      Self.sources.flatMap { $0 }, Sequences(lengths: Self.sources.map(\.count)), in: context)
    #expect(batch.paragraphs?.sequences?.lengths == [3, 1, 0, 2])
    #expect(batch.memory.sequences?.lengths == [12, 3, 0, 6])
  }

  // MARK: Attention

  @Test(arguments: plain)
  func mapsOfAttention(variant: Variant) throws {
    let model = variant.model(seed: 5)
    let target: [Int32] = [6, 7]
    let batch = TokenBatch(
      Self.sources.map { .init(source: $0, target: target) }, .standard)
    let found = model.attention(of: batch, in: Context(mode: .inference))
    let counts = [3, 1, 0, 2]
    var first = 0
    for (index, attention) in found.enumerated() {
      let length = Self.sources[index].count
      let owners = Self.owners[first..<first + length].map {
        $0 - (first == 0 ? 0 : Self.owners[first])
      }
      first += length
      let pooling = try #require(attention.pooling)
      #expect((pooling.queryCount, pooling.keyCount) == (counts[index], length))
      #expect(attention.document.count == variant.documentLayerCount)
      #expect(attention.paragraphs.count == 3 && attention.cross.count == 3)
      for map in attention.document {
        #expect((map.queryCount, map.keyCount) == (counts[index], counts[index]))
      }
      for map in attention.paragraphs {
        #expect((map.queryCount, map.keyCount) == (3, counts[index]))
      }
      for map in attention.document + attention.paragraphs + [pooling] where counts[index] > 0 {
        for row in map.meanRows { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
      }
      for map in attention.encoder {
        // Of all heads: those of ALiBi look one way each.
        let rows = map.meanRows
        for query in 0..<length {
          for key in 0..<length {
            #expect((rows[query][key] > 0) == (owners[query] == owners[key]))
          }
        }
      }
      for paragraph in 0..<counts[index] {
        for key in 0..<length {
          #expect((pooling[0, paragraph, key] > 0) == (owners[key] == paragraph))
        }
      }
    }
  }

  /// A recurrent decoder attends to tokens, which know of other paragraphs; it has no maps of these.
  @Test func recurrentDecodersAttendToTokens() throws {
    let variant = try #require(
      RecurrentVariant.mixed.first { $0.testDescription == "D → R" })
    let model = variant.model(seed: 6)
    let batch = TokenBatch(
      Self.sources.map { .init(source: $0, target: [6, 7]) }, .standard)
    for attention in model.attention(of: batch, in: Context(mode: .inference)) {
      #expect(attention.paragraphs.isEmpty && attention.document.count == 1)
      #expect(attention.cross.count == 1)
    }
    #expect(model.configuration.memoryRows == .tokens)
  }

  // MARK: Configuration

  @Test func roundTrip() throws {
    let configuration = ModelConfiguration.transformer(
      TransformerConfiguration(documentLayerCount: 3))
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try encoder.encode(configuration)
    #expect(String(decoding: data, as: UTF8.self).contains("\"document_layer_count\":3"))
    #expect(try decoder.decode(ModelConfiguration.self, from: data) == configuration)
    // A file of an earlier release does not know the key.
    let plain = try encoder.encode(ModelConfiguration.transformer(TransformerConfiguration()))
    #expect(!String(decoding: plain, as: UTF8.self).contains("document"))
    #expect(
      try decoder.decode(ModelConfiguration.self, from: plain).documentLayerCount == nil)
  }

  private func problems(_ change: (inout TransformerConfiguration) -> Void) -> [String] {
    var configuration = TransformerConfiguration(
      embeddingSize: 16, headCount: 2, documentLayerCount: 1)
    change(&configuration)
    return configuration.problems(vocabularies: VocabularySizes(source: 30, target: 30))
  }

  @Test func whatDoesNotGoTogether() {
    for value in [-1, 0] {
      #expect(
        problems { $0.documentLayerCount = value } == ["document_layer_count is \(value), below 1"])
    }
    let latents = problems { $0.latentCount = 4 }
    #expect(
      latents.count == 1
        && latents[0].hasPrefix("document_layer_count does not go with latent_count"))
    for positions in TransformerConfiguration.Positions.allCases {
      #expect(problems { $0.positions = positions } == [])
    }
    #expect(problems { $0.copying = CopyingConfiguration() } == [])
    #expect(problems { ($0.attentionWindow, $0.memoryCompression) = (4, 2) } == [])
    #expect(problems { $0.documentLayerCount = .max }.count == 1)
  }

  @Test func differencesAreNamed() {
    let flat = ModelConfiguration.transformer(TransformerConfiguration())
    let deep = ModelConfiguration.transformer(TransformerConfiguration(documentLayerCount: 1))
    #expect(deep.architectureDifferences(from: flat).map(\.key) == ["document_layer_count"])
  }

  /// Halves that read paragraphs give them to decoders of another size; the count of numbers is known.
  @Test(arguments: RecurrentVariant.mixed)
  func parametersOfMixedModels(variant: RecurrentVariant) {
    let model = variant.model(seed: 7)
    let count = variant.configuration().parameterCount(
      vocabularies: RecurrentVariant.vocabularies)
    #expect(Int(count) == model.store.valueCount)
    let readsParagraphs = variant.testDescription == "D → T"
    #expect(
      model.store.parameters.contains { $0.name.contains("paragraph_attention") }
        == readsParagraphs)
  }
}
