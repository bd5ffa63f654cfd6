import SeqModels
import SeqTensors
import SeqTestSupport
import Testing

/// Whole recurrent models against PyTorch in float64: encoder, bridge, decoder with and without
/// attention, before and after the step, recorded by `Scripts/goldens/recurrent_models.py`.
@Suite struct RecurrentGoldenTests {
  private struct Description: Decodable { let model: RecurrentConfiguration }

  private static let names = ["luong", "luong-fed", "bahdanau", "cho"]

  private func load(_ name: String) throws -> (RecurrentModel, TokenBatch, GoldenFile) {
    let file = try GoldenFile("recurrent-\(name)")
    let model = RecurrentModel(
      try file.description(as: Description.self).model,
      vocabularies: VocabularySizes(source: 23, target: 19))
    try file.assignParameters(to: model.store, alsoRecorded: ["gradients/"])
    let batch = TokenBatch(
      try file.pairs(), .standard)
    return (model, batch, file)
  }

  @Test(arguments: names, [Context.Mode.training, .inference])
  func forwardAgrees(name: String, mode: Context.Mode) throws {
    let (model, batch, file) = try load(name)
    let context = Context(mode: mode, store: model.store)
    let states = model.states(of: batch, in: context)
    #expect(
      Tolerance.golden.problem(model.logits(states).values, try file.floats("logits")) == nil)
    let sums = model.loss(states, labels: batch.labels, labelSmoothing: 0, scale: 1).sums
    let mean = Float(sums.loss / Double(batch.targetTokenCount))
    #expect(Tolerance.golden.problem([mean], try file.doubles("loss")) == nil)
  }

  @Test(arguments: names)
  func gradientsAgree(name: String) throws {
    let (model, batch, file) = try load(name)
    let context = Context(mode: .training, store: model.store)
    let loss = model.loss(
      model.states(of: batch, in: context), labels: batch.labels, labelSmoothing: 0,
      scale: 1 / Float(batch.targetTokenCount)
    ).loss
    loss.backward()
    let expected = try model.store.parameters.map { try file.floats("gradients/" + $0.name) }
    let largest = expected.joined().reduce(0) { max($0, abs($1)) }
    for (parameter, gradient) in zip(model.store.parameters, expected) {
      let problem = Tolerance.golden.problem(
        context.gradients[parameter], gradient, scale: Double(largest))
      #expect(problem == nil, "\(parameter.name)")
    }
  }

  @Test(arguments: ["luong", "luong-fed", "bahdanau"])
  func attentionAgrees(name: String) throws {
    let (model, batch, file) = try load(name)
    let found = model.attention(of: batch, in: Context(mode: .inference)).flatMap {
      $0.cross[0].weights
    }
    #expect(Tolerance.golden.problem(found, try file.floats("weights")) == nil)
  }
}
