import SeqLayers
import SeqTensors
import Testing

/// Self-attention within a window against PyTorch, which agrees with Longformer.
@Suite struct WindowGoldenTests {
  private struct Description: Decodable {
    let headCount: Int
    let headSize: Int
  }

  @Test(arguments: ["local", "global", "many_global", "wide", "uneven"])
  func resultsAndGradients(name: String) throws {
    let golden = try RecordedTensors("window-attention")
    let sizes = try golden.description(Description.self)
    let reach = try golden.lengths("\(name)/reach")
    let store = ParameterStore()
    let layer = SelfAttention(
      in: store.root, size: sizes.headCount * sizes.headSize,
      heads: AttentionHeads(count: sizes.headCount, size: sizes.headSize), dropout: 0,
      window: AttentionWindow(before: reach[0], after: reach[1], globalCount: reach[2]))
    layer.input.weight.assign(try golden.floats("input/weight"))
    try #require(layer.input.bias).assign(try golden.floats("input/bias"))
    // What is recorded ends before the output map.
    let size = layer.heads.columns
    layer.output.weight.assign(
      (0..<size * size).map { $0 / size == $0 % size ? 1 : 0 })
    let sequences = Sequences(lengths: try golden.lengths("lengths"))
    let context = Context(mode: .training, store: store)
    let x = try golden.variable("x", context, sequences)
    let output = layer(x)
    #expect(try golden.problem("\(name)/output", output.values) == nil)
    let inferred = layer(try golden.variable("x", Context(mode: .inference), sequences))
    #expect(try golden.problem("\(name)/output", inferred.values) == nil)

    let loss = try #require(weightedSum([(output, weights: try golden.floats("weights"))]))
    let prefix = "\(name)/gradients/"
    let scale = try golden.scale(prefix: prefix)
    let gradient = loss.backward(to: [x])[0]
    #expect(try golden.problem(prefix + "x", gradient, scale: scale) == nil)
    for (parameter, name) in [
      (layer.input.weight, "input/weight"), (try #require(layer.input.bias), "input/bias"),
    ] {
      let found = context.gradients[parameter]
      #expect(try golden.problem(prefix + name, found, scale: scale) == nil)
    }
  }
}
