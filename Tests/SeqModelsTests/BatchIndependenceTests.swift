import SeqDecoding
import SeqLayers
import SeqModels
import SeqTensors
import SeqText
import SeqTestSupport
import Testing

/// What the model says of a sentence does not depend on the sentences around it: the same bits
/// under AVX-512, elsewhere within 1e-5.
@Suite struct BatchIndependenceTests {
  /// The batches that each of 64 sentences is in, as orders of their indices.
  static let orders: [[Int]] = {
    var random = CountedRandom(1)
    return [
      Array(0..<64), Array((0..<64).reversed()), (0..<64).shuffled(using: &random),
    ]
  }()

  private func sources(of model: Transformer) -> [[Int32]] {
    model.randomSentences(count: 64, lengths: 1...20, endToken: SpecialTokens.standard.end, seed: 2)
  }

  @Test(arguments: Variant.all)
  func encoderMemory(variant: Variant) throws {
    let model = variant.model(seed: 3)
    let context = Context(mode: .inference)
    let sources = sources(of: model)
    func memories(_ sources: [[Int32]]) -> [[Float]] {
      let sequences = Sequences(lengths: sources.map(\.count))
      let memory = model.encode(sources.flatMap { $0 }, sequences, in: context).memory
      return memory.sequences?.sentences(of: memory.values) ?? []
    }
    let alone = sources.map { memories([$0])[0] }
    // A sentence of one word may occur twice.
    #expect(Set(alone).count > 60)
    for order in Self.orders {
      for (index, memory) in zip(order, memories(order.map { sources[$0] })) {
        #expect(largestDifference(memory, alone[index]) <= Machine.batchTolerance)
      }
    }
  }

  @Test(arguments: Variant.all)
  func stepScores(variant: Variant) throws {
    let model = variant.model(seed: 4)
    let steps = model.steps(in: Context(mode: .inference))
    let sources = sources(of: model)
    let targets = model.randomSentences(count: 64, lengths: 6...6, seed: 5)
    func scores(_ order: [Int]) throws -> [[Float]] {
      var state = try steps.start(sources: order.map { sources[$0] })
      var rows = order.map { _ in [Float]() }
      for position in 0..<7 {
        let tokens = order.map { position == 0 ? steps.beginToken : targets[$0][position - 1] }
        let found = try steps.step(tokens, state: &state, StepRequest(best: 6))
        for row in order.indices {
          rows[row] += found.logProbabilities[6 * row..<6 * (row + 1)]
        }
      }
      return rows
    }
    let alone = try (0..<64).map { try scores([$0])[0] }
    // A sentence of one word may occur twice.
    #expect(Set(alone).count > 60)
    for order in Self.orders {
      for (index, row) in zip(order, try scores(order)) {
        #expect(largestDifference(row, alone[index]) <= Machine.batchTolerance)
      }
    }
  }

  @Test(arguments: Variant.all, [1, 5])
  func search(variant: Variant, beamSize: Int) throws {
    try expectSearchIndependent(
      variant.model(seed: 6), sourceCount: 64,
      SearchOptions(beamSize: beamSize, nBest: beamSize, maximumLength: 14))
  }

  /// Sizes at which oneDNN blocks its products as in earnest.
  @Test(arguments: [1, 5])
  func searchAtTheSizeOfABaseModel(beamSize: Int) throws {
    let model = Transformer(
      TransformerConfiguration(encoderLayerCount: 1, decoderLayerCount: 1, norm: .post),
      vocabularies: VocabularySizes(source: 4000, target: 4000))
    model.scatterParameters(seed: 7, deviation: 0.02)
    try expectSearchIndependent(
      model, sourceCount: 24, SearchOptions(beamSize: beamSize, nBest: beamSize, maximumLength: 6))
  }

  private func expectSearchIndependent(
    _ model: Transformer, sourceCount: Int, _ options: SearchOptions
  ) throws {
    let search = try BeamSearch(options)
    let steps = model.steps(in: Context(mode: .inference))
    let sources = Array(sources(of: model).prefix(sourceCount))
    let alone = try sources.map { try search([$0], with: steps)[0] }
    #expect(Set(alone).count > sourceCount / 2)
    for order in Self.orders.map({ $0.filter { $0 < sourceCount } }) {
      for (index, result) in zip(order, try search(order.map { sources[$0] }, with: steps)) {
        if Machine.keepsRowBits {
          #expect(result == alone[index])
        } else {
          // Hypotheses this close may change places, their scores in rank order not.
          for (ours, theirs) in zip(result.hypotheses, alone[index].hypotheses) {
            #expect(abs(ours.score - theirs.score) <= 1e-5)
          }
        }
      }
    }
  }
}
