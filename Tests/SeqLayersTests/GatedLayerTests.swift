import SeqKernels
import SeqLayers
import SeqTensors
import Testing

/// RMS norm and gated networks against LLaMA's in Hugging Face transformers.
@Suite struct GatedLayerTests {
  private struct Description: Decodable {
    let size: Int
    let innerSize: Int
  }

  @Test(arguments: [("swiglu", Activation.swish), ("geglu", .gelu)])
  func resultsAndGradients(name: String, activation: Activation) throws {
    let golden = try RecordedTensors("gated-layers")
    let sizes = try golden.description(Description.self)
    let store = ParameterStore()
    let norm = LayerNorm(in: store.root["norm"], size: sizes.size, kind: .rms)
    let network = FeedForward(
      in: store.root, size: sizes.size, innerSize: sizes.innerSize, activation: activation,
      isGated: true, dropout: 0)
    try golden.load(store, prefix: "\(name)/parameters/")
    let context = Context(mode: .training, store: store)
    let x = try golden.variable("x", context)
    let output = network(norm(x))
    #expect(try golden.problem("\(name)/output", output.values) == nil)
    // Inference multiplies by packed weights.
    let inferred = network(norm(try golden.variable("x", Context(mode: .inference))))
    #expect(try golden.problem("\(name)/output", inferred.values) == nil)

    let loss = try #require(weightedSum([(output, weights: try golden.floats("weights"))]))
    let prefix = "\(name)/gradients/"
    let scale = try golden.scale(prefix: prefix)
    let gradient = loss.backward(to: [x])[0]
    #expect(try golden.problem(prefix + "x", gradient, scale: scale) == nil)
    for parameter in store.parameters {
      let found = context.gradients[parameter]
      #expect(try golden.problem(prefix + parameter.name, found, scale: scale) == nil)
    }
  }
}
