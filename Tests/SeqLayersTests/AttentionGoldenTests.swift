import SeqLayers
import SeqTensors
import Testing

/// Every attention score against its formula written out in PyTorch: contexts and gradients.
@Suite struct AttentionGoldenTests {
  private struct Description: Decodable {
    let querySize: Int
    let memorySize: Int
    let size: Int
    let headCount: Int
  }

  @Test(arguments: AttentionScoreKind.allCases)
  func contextsAndGradients(kind: AttentionScoreKind) throws {
    let golden = try RecordedTensors("attention-scores")
    let sizes = try golden.description(Description.self)
    let store = ParameterStore()
    let score = kind.layer(
      in: store.root, querySize: kind == .dot ? sizes.memorySize : sizes.querySize,
      memorySize: sizes.memorySize, size: sizes.size, headCount: sizes.headCount)
    try golden.load(store, prefix: "\(kind.rawValue)/parameters/")
    let context = Context(mode: .training, store: store)
    let queries = try golden.variable(
      kind == .dot ? "wide_queries" : "queries", context,
      Sequences(lengths: try golden.lengths("query_lengths")))
    let memory = try golden.variable(
      "memory", context, Sequences(lengths: try golden.lengths("memory_lengths")))
    let output = score.context(of: queries, over: score.prepare(memory))
    #expect(try golden.problem("\(kind.rawValue)/context", output.values) == nil)

    let weights = try golden.floats("\(kind.rawValue)/weights")
    let loss = try #require(weightedSum([(output, weights: weights)]))
    let found = loss.backward(to: [queries, memory])
    let prefix = "\(kind.rawValue)/gradients/"
    let scale = try golden.scale(prefix: prefix)
    #expect(try golden.problem(prefix + "queries", found[0], scale: scale) == nil)
    #expect(try golden.problem(prefix + "memory", found[1], scale: scale) == nil)
    for parameter in store.parameters {
      let name = prefix + "parameters/" + parameter.name
      #expect(try golden.problem(name, context.gradients[parameter], scale: scale) == nil)
    }
  }
}
