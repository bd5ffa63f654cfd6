internal import SeqModels

/// The three graphs of a model: its encoder, its decoder over whole targets, and its decoder over one
/// token after others.
///
/// Every output `present.x` of one is the input `past.x` of the next. Padding stands behind the
/// tokens; in every mask true is what is hidden.
struct ModelGraphs {
  /// One of them, and the file it goes to.
  struct Part {
    let name: String
    let graph: GraphBuilder
    var file: String { "\(name).onnx" }
  }

  let encoder: Part
  let decoder: Part
  let decoderWithPast: Part

  var all: [Part] { [encoder, decoder, decoderWithPast] }

  /// - Precondition: ``ModelConfiguration/onnxObstacles`` are none.
  init(_ model: any EncoderDecoder) {
    let halves = model.configuration.halves
    let tying = model.configuration.tying
    func part(_ name: String) -> Part { Part(name: name, graph: GraphBuilder(store: model.store)) }
    encoder = part("encoder_model")
    decoder = part("decoder_model")
    decoderWithPast = part("decoder_with_past_model")
    Self.encode(halves.encoder, halves.decoder, tying, encoder.graph)
    Self.decode(
      halves.decoder, memorySize: halves.encoder.memorySize, tying, model.vocabularies,
      decoder.graph, decoderWithPast.graph)
  }

  private static func encode(
    _ half: MixedConfiguration.Half, _ decoder: MixedConfiguration.Half, _ tying: EmbeddingTying,
    _ graph: GraphBuilder
  ) {
    let ids = graph.input(GraphPort("source_ids", .int64, ["batch", "source"]))
    let mask = graph.input(GraphPort("source_padding_mask", .bool, ["batch", "source"]))
    var (memory, memoryMask): (GraphValue, GraphValue)
    var finals: [GraphState] = []
    var length: GraphPort.Extent = "source"
    switch half {
    case .transformer(let configuration):
      (memory, memoryMask) = TransformerEncoderGraph(
        graph: graph, configuration: configuration, tying: tying)(ids, hiding: mask)
      switch configuration.memoryRows {
      case .tokens: break
      case .groups: length = "memory"
      case .latents: length = .fixed(configuration.latentCount ?? 0)
      }
    case .recurrent(let configuration):
      let reading = RecurrentEncoderGraph(
        graph: graph, configuration: configuration, tying: tying)(ids, hiding: mask)
      (memory, memoryMask, finals) = (reading.memory, mask, reading.finals)
    }
    graph.output(
      memory, GraphPort("memory", .float, ["batch", length, .fixed(half.memorySize)]))
    graph.output(memoryMask, GraphPort("memory_padding_mask", .bool, ["batch", length]))
    if case .recurrent(let configuration) = decoder {
      RecurrentDecoderGraph(
        graph: graph, configuration: configuration, memorySize: half.memorySize, tying: tying
      ).start(finals, memory: memory, hiding: memoryMask)
    }
  }

  private static func decode(
    _ half: MixedConfiguration.Half, memorySize: Int, _ tying: EmbeddingTying,
    _ vocabularies: VocabularySizes, _ whole: GraphBuilder, _ step: GraphBuilder
  ) {
    func memory(_ graph: GraphBuilder) -> GraphValue {
      graph.input(GraphPort("memory", .float, ["batch", "memory", .fixed(memorySize)]))
    }
    func memoryMask(_ graph: GraphBuilder) -> GraphValue {
      graph.input(GraphPort("memory_padding_mask", .bool, ["batch", "memory"]))
    }
    let ids = whole.input(GraphPort("target_ids", .int64, ["batch", "target"]))
    let mask = whole.input(GraphPort("target_padding_mask", .bool, ["batch", "target"]))
    let last = step.input(GraphPort("target_ids", .int64, ["batch", 1]))
    let (states, state): (GraphValue, GraphValue)
    switch half {
    case .transformer(let configuration):
      let causal = whole.input(GraphPort("causal_mask", .bool, ["target", "target"]))
      states = TransformerDecoderGraph(
        graph: whole, configuration: configuration, tying: tying
      ).whole(
        ids, hiding: mask, causal: causal, memory: memory(whole), hiding: memoryMask(whole))
      state = TransformerDecoderGraph(graph: step, configuration: configuration, tying: tying)
        .step(last, hiding: memoryMask(step))
    case .recurrent(let configuration):
      states = RecurrentDecoderGraph(
        graph: whole, configuration: configuration, memorySize: memorySize, tying: tying
      ).whole(ids, hiding: mask)
      state = RecurrentDecoderGraph(
        graph: step, configuration: configuration, memorySize: memorySize, tying: tying
      ).step(last)
    }
    let count = GraphPort.Extent.fixed(vocabularies.target)
    whole.output(
      whole.logits(states, tying), GraphPort("logits", .float, ["batch", "target", count]))
    step.output(step.logits(state, tying), GraphPort("logits", .float, ["batch", 1, count]))
  }
}

extension ModelConfiguration {
  /// What reads and what writes, each by itself.
  var halves: (encoder: MixedConfiguration.Half, decoder: MixedConfiguration.Half) {
    switch self {
    case .transformer(let whole): (.transformer(whole), .transformer(whole))
    case .recurrent(let whole): (.recurrent(whole), .recurrent(whole))
    case .mixed(let mixed): (mixed.encoder, mixed.decoder)
    }
  }
}
