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

  init(_ model: any EncoderDecoder) {
    let halves = model.configuration.halves
    let plan = Plan(
      encoder: halves.encoder, decoder: halves.decoder, tying: model.configuration.tying,
      copying: model.configuration.copying, vocabularies: model.vocabularies)
    func part(_ name: String) -> Part { Part(name: name, graph: GraphBuilder(store: model.store)) }
    encoder = part("encoder_model")
    decoder = part("decoder_model")
    decoderWithPast = part("decoder_with_past_model")
    plan.encode(in: encoder.graph)
    plan.decodeWhole(in: decoder.graph)
    plan.decodeStep(in: decoderWithPast.graph)
  }
}

/// What graphs of a model are put together from.
private struct Plan {
  let encoder: MixedConfiguration.Half
  let decoder: MixedConfiguration.Half
  let tying: EmbeddingTying
  let copying: CopyingConfiguration?
  let vocabularies: VocabularySizes

  private var memorySize: Int { encoder.memorySize }

  private func known(_ ids: GraphValue, _ graph: GraphBuilder) -> GraphValue {
    copying == nil ? ids : graph.known(ids, vocabularies)
  }

  // MARK: The encoder

  func encode(in graph: GraphBuilder) {
    let ids = known(
      graph.input(GraphPort("source_ids", .int64, ["batch", "source"])), graph)
    let mask = graph.input(GraphPort("source_padding_mask", .bool, ["batch", "source"]))
    var (memory, memoryMask): (GraphValue, GraphValue)
    var finals: [GraphState] = []
    var length: GraphPort.Extent = "source"
    switch encoder {
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
    graph.output(memory, GraphPort("memory", .float, ["batch", length, .fixed(memorySize)]))
    graph.output(memoryMask, GraphPort("memory_padding_mask", .bool, ["batch", length]))
    if case .recurrent(let configuration) = decoder {
      recurrent(configuration, graph).start(finals, memory: memory, hiding: memoryMask)
    }
  }

  // MARK: The decoders

  private func recurrent(
    _ configuration: RecurrentConfiguration, _ graph: GraphBuilder
  ) -> RecurrentDecoderGraph {
    RecurrentDecoderGraph(
      graph: graph, configuration: configuration, memorySize: memorySize, tying: tying)
  }

  private func memory(_ graph: GraphBuilder) -> GraphValue {
    graph.input(GraphPort("memory", .float, ["batch", "memory", .fixed(memorySize)]))
  }

  private func memoryMask(_ graph: GraphBuilder) -> GraphValue {
    graph.input(GraphPort("memory_padding_mask", .bool, ["batch", "memory"]))
  }

  private func pointer(
    _ graph: GraphBuilder, _ body: (PointerGraph, PointerGraph.Source) -> GraphValue
  ) -> GraphValue? {
    copying.map { copying in
      body(
        PointerGraph(
          graph: graph, configuration: copying, tying: tying, vocabulary: vocabularies.target,
          stateSize: decoder.stateSize),
        PointerGraph.Source(
          ids: graph.input(GraphPort("source_ids", .int64, ["batch", "memory"])),
          memory: memory(graph), mask: memoryMask(graph)))
    }
  }

  private func leave(
    _ states: GraphValue, _ words: GraphValue?, _ length: GraphPort.Extent, in graph: GraphBuilder
  ) {
    let extent: GraphPort.Extent = words == nil ? .fixed(vocabularies.target) : "words"
    graph.output(
      words ?? graph.logits(states, tying), GraphPort("logits", .float, ["batch", length, extent]))
  }

  func decodeWhole(in graph: GraphBuilder) {
    let ids = known(
      graph.input(GraphPort("target_ids", .int64, ["batch", "target"])), graph)
    let mask = graph.input(GraphPort("target_padding_mask", .bool, ["batch", "target"]))
    let states: GraphValue
    switch decoder {
    case .transformer(let configuration):
      let causal = graph.input(GraphPort("causal_mask", .bool, ["target", "target"]))
      states = TransformerDecoderGraph(graph: graph, configuration: configuration, tying: tying)
        .whole(
          ids, hiding: mask, causal: causal, memory: memory(graph), hiding: memoryMask(graph))
    case .recurrent(let configuration):
      states = recurrent(configuration, graph).whole(ids, hiding: mask)
    }
    let words = pointer(graph) { $0.whole(states, of: $1, hiding: mask) }
    leave(states, words, "target", in: graph)
  }

  func decodeStep(in graph: GraphBuilder) {
    let ids = known(graph.input(GraphPort("target_ids", .int64, ["batch", 1])), graph)
    let states: GraphValue
    switch decoder {
    case .transformer(let configuration):
      states = TransformerDecoderGraph(graph: graph, configuration: configuration, tying: tying)
        .step(ids, hiding: memoryMask(graph))
    case .recurrent(let configuration):
      states = recurrent(configuration, graph).step(ids)
    }
    let words = pointer(graph) { $0.step(states, of: $1) }
    leave(states, words, 1, in: graph)
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
