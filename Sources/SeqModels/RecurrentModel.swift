internal import SeqLayers
internal import SeqTensors

/// The recurrent encoder–decoder, with attention or without.
///
/// - SeeAlso: Sutskever, Vinyals, Le 2014, arXiv:1409.3215; Cho et al. 2014, arXiv:1406.1078;
///   Bahdanau, Cho, Bengio 2015, arXiv:1409.0473; Luong, Pham, Manning 2015, arXiv:1508.04025.
public typealias RecurrentModel = ComposedModel<RecurrentEncoder, RecurrentDecoder>

extension RecurrentModel {
  /// A model with fresh parameters, whose initial values are drawn from the seed.
  ///
  /// - Precondition: ``RecurrentConfiguration/problems(vocabularies:bytesPerParameter:)`` finds none.
  public init(
    _ configuration: RecurrentConfiguration, vocabularies: VocabularySizes, seed: UInt64 = 1
  ) {
    let store = ParameterStore(seed: seed)
    let scope = store.root
    let tables = VocabularyTables(
      in: scope, configuration.tying, vocabularies, source: configuration.embeddings,
      target: configuration.embeddings)
    let encoder = RecurrentEncoder(in: scope["encoder"], configuration, table: tables.source)
    let decoder = RecurrentDecoder(
      in: scope["decoder"], configuration, table: tables.target, memorySize: encoder.memorySize,
      finalStates: encoder.finalStates)
    self.init(
      .recurrent(configuration), vocabularies: vocabularies, store: store, encoder: encoder,
      decoder: decoder,
      output: tables.projection(
        in: scope, stateSize: decoder.stateSize, hasBias: configuration.outputBias),
      pointer: PointerGenerator(
        in: scope, configuration.copying, stateSize: decoder.stateSize,
        memorySize: encoder.memorySize))
  }
}

extension RecurrentConfiguration {
  /// The embeddings of a side of this family.
  var embeddings: Embeddings { Embeddings(size: embeddingSize, deviation: embeddingDeviation) }
}
