import SeqLayers
import SeqTensors
import Testing

/// Stacks of every cell against PyTorch's over packed sequences: values, final states, gradients.
@Suite struct RecurrentGoldenTests {
  private struct Description: Decodable {
    let cell: RecurrentCell
    let layerCount: Int
    let direction: RecurrentDirection
    let inputSize: Int
    let hiddenSize: Int
  }

  static let names = RecurrentCell.allCases.flatMap { cell in
    ["1-forward", "1-bidirectional", "2-forward", "3-bidirectional"].map {
      "recurrent-\(cell.rawValue)-\($0)"
    }
  }

  private static func stack(_ golden: RecordedTensors) throws -> (RecurrentStack, ParameterStore) {
    let description = try golden.description(Description.self)
    let store = ParameterStore()
    let stack = RecurrentStack(
      in: store.root, cell: description.cell, inputSize: description.inputSize,
      hiddenSize: description.hiddenSize, layerCount: description.layerCount,
      direction: description.direction)
    try golden.load(store, prefix: "parameters/")
    return (stack, store)
  }

  private static func start(_ stack: RecurrentStack, _ golden: RecordedTensors, _ context: Context)
    throws -> [RecurrentState]
  {
    try (0..<stack.layerCount).map { layer in
      RecurrentState(
        hidden: try golden.variable("start/\(layer)/0", context),
        cell: stack.cell.hasCellState ? try golden.variable("start/\(layer)/1", context) : nil)
    }
  }

  @Test(arguments: names, [Context.Mode.training, .inference])
  func values(name: String, mode: Context.Mode) throws {
    let golden = try RecordedTensors(name)
    let (stack, store) = try Self.stack(golden)
    let context = Context(mode: mode, store: store)
    let sequences = Sequences(lengths: try golden.lengths("lengths"))
    let (memory, finals) = stack(
      try golden.variable("x", context, sequences), from: try Self.start(stack, golden, context))
    #expect(try golden.problem("memory", memory.values) == nil)
    for (layer, final) in finals.enumerated() {
      for (part, tensor) in final.tensors.enumerated() {
        #expect(try golden.problem("final/\(layer)/\(part)", tensor.values) == nil)
      }
    }
  }

  @Test(arguments: names)
  func gradients(name: String) throws {
    let golden = try RecordedTensors(name)
    let (stack, store) = try Self.stack(golden)
    let context = Context(mode: .training, store: store)
    let sequences = Sequences(lengths: try golden.lengths("lengths"))
    let x = try golden.variable("x", context, sequences)
    let start = try Self.start(stack, golden, context)
    let (memory, finals) = stack(x, from: start)
    var results = [(memory, weights: try golden.floats("weights/memory"))]
    for (layer, final) in finals.enumerated() {
      for (part, tensor) in final.tensors.enumerated() {
        results.append((tensor, weights: try golden.floats("weights/final/\(layer)/\(part)")))
      }
    }
    let loss = try #require(weightedSum(results))
    let states = start.flatMap { $0.tensors }
    let found = loss.backward(to: [x] + states)
    let scale = try golden.scale(prefix: "gradients/")
    #expect(try golden.problem("gradients/x", found[0], scale: scale) == nil)
    let parts = stack.cell.hasCellState ? 2 : 1
    for (index, gradient) in found.dropFirst().enumerated() {
      let name = "gradients/start/\(index / parts)/\(index % parts)"
      #expect(try golden.problem(name, gradient, scale: scale) == nil)
    }
    for parameter in store.parameters {
      let name = "gradients/parameters/" + parameter.name
      #expect(try golden.problem(name, context.gradients[parameter], scale: scale) == nil)
    }
  }
}
