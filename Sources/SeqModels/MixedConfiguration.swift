internal import SeqLayers
internal import SeqTensors

/// An encoder and a decoder of families or sizes of their own.
public struct MixedConfiguration: Codable, Hashable, Sendable {
  /// One half: of its family's configuration only what concerns that half counts.
  public enum Half: Hashable, Sendable {
    /// A half of a Transformer.
    case transformer(TransformerConfiguration)
    /// A half of a recurrent model.
    case recurrent(RecurrentConfiguration)
  }

  /// What reads the source.
  public var encoder: Half
  /// What writes the target; its tying and output bias are the model's.
  public var decoder: Half

  /// Two halves, of the same family or not.
  public init(encoder: Half, decoder: Half) {
    self.encoder = encoder
    self.decoder = decoder
  }

  /// The decoder's.
  public var tying: EmbeddingTying { decoder.tying }

  /// The decoder's.
  public var copying: CopyingConfiguration? { decoder.copying }

  /// A model with fresh parameters, whose initial values are drawn from the seed.
  ///
  /// - Precondition: ``problems(vocabularies:bytesPerParameter:)`` finds none.
  public func model(vocabularies: VocabularySizes, seed: UInt64) -> any EncoderDecoder {
    let store = ParameterStore(seed: seed)
    let scope = store.root
    let tables = VocabularyTables(
      in: scope, tying, vocabularies, source: encoder.embeddings, target: decoder.embeddings)
    switch encoder {
    case .transformer(let half):
      return model(
        TransformerEncoder(
          in: scope["encoder"], half, table: tables.source,
          sinusoids: SinusoidalPositions(half), endToken: vocabularies.specialTokens.end),
        scope, tables, vocabularies, store)
    case .recurrent(let half):
      return model(
        RecurrentEncoder(in: scope["encoder"], half, table: tables.source), scope, tables,
        vocabularies, store)
    }
  }

  private func model(
    _ encoder: some SequenceEncoder, _ scope: ParameterScope, _ tables: VocabularyTables,
    _ vocabularies: VocabularySizes, _ store: ParameterStore
  ) -> any EncoderDecoder {
    switch decoder {
    case .transformer(let half):
      return model(
        encoder,
        TransformerDecoder(
          in: scope["decoder"], half, table: tables.target,
          sinusoids: SinusoidalPositions(half), memorySize: encoder.memorySize,
          readsParagraphs: encoder.givesParagraphs),
        scope, tables, vocabularies, store)
    case .recurrent(let half):
      return model(
        encoder,
        RecurrentDecoder(
          in: scope["decoder"], half, table: tables.target, memorySize: encoder.memorySize,
          finalStates: encoder.finalStates),
        scope, tables, vocabularies, store)
    }
  }

  private func model<E: SequenceEncoder, D: SequenceDecoder>(
    _ encoder: E, _ decoder: D, _ scope: ParameterScope, _ tables: VocabularyTables,
    _ vocabularies: VocabularySizes, _ store: ParameterStore
  ) -> any EncoderDecoder {
    ComposedModel(
      .mixed(self), vocabularies: vocabularies, store: store, encoder: encoder, decoder: decoder,
      output: tables.projection(
        in: scope, stateSize: decoder.stateSize, hasBias: self.decoder.outputBias),
      pointer: PointerGenerator(
        in: scope, copying, stateSize: decoder.stateSize, memorySize: encoder.memorySize))
  }

  /// What stands in the way of such a model, in words.
  func problems(vocabularies: VocabularySizes, bytesPerParameter: Int) -> [String] {
    var problems =
      encoder.sizeProblems.map { "encoder: \($0)" } + decoder.sizeProblems.map { "decoder: \($0)" }
    guard problems.isEmpty else { return problems }
    if case .recurrent(let half) = decoder {
      problems += half.decoderProblems(
        memorySize: encoder.memorySize, finalStates: encoder.finalStates
      ).map { "decoder.\($0.key): \($0.message)" }
    }
    if tying.sharesEmbeddings, encoder.embeddingSize != decoder.embeddingSize {
      problems.append(
        "tying \(tying.rawValue) needs equal embedding sizes, not \(encoder.embeddingSize) and "
          + "\(decoder.embeddingSize)")
    }
    problems += tying.problems(
      vocabularies, embeddingSize: decoder.embeddingSize, stateSize: decoder.stateSize)
    problems += copying?.problems(vocabularies) ?? []
    if case .transformer(let half) = encoder,
      let problem = half.pointingProblem(copying: copying)
    {
      problems.append("encoder.\(problem.key) \(problem.message)")
    }
    return problems
      + memoryProblems(
        parameterCount: parameterCount(vocabularies: vocabularies),
        bytesPerParameter: bytesPerParameter)
  }

  /// How many numbers are trained; in floating point, since sizes from outside may be absurd.
  func parameterCount(vocabularies: VocabularySizes) -> Double {
    encoder.encoderParameterCount
      + decoder.decoderParameterCount(
        memorySize: Double(encoder.memorySize),
        readsParagraphs: encoder.documentLayerCount != nil)
      + tying.parameterCount(
        vocabularies, sourceSize: encoder.embeddingSize, targetSize: decoder.embeddingSize,
        stateSize: decoder.stateSize, hasBias: decoder.outputBias)
  }

  /// The keys in which two such models differ.
  func architectureDifferences(from other: MixedConfiguration)
    -> [(key: String, own: String, other: String)]
  {
    func differences(_ side: String, _ own: Half, _ other: Half)
      -> [(key: String, own: String, other: String)]
    {
      let found: [(key: String, own: String, other: String)] =
        switch (own, other) {
        case (.transformer(let own), .transformer(let other)):
          own.architectureDifferences(from: other)
        case (.recurrent(let own), .recurrent(let other)):
          own.architectureDifferences(from: other)
        case (.transformer, .recurrent): [("type", "transformer", "recurrent")]
        case (.recurrent, .transformer): [("type", "recurrent", "transformer")]
        }
      return found.map { (key: "\(side).\($0.key)", own: $0.own, other: $0.other) }
    }
    return differences("encoder", encoder, other.encoder)
      + differences("decoder", decoder, other.decoder)
  }
}

// As the whole of its family.
extension MixedConfiguration.Half: Codable {
  /// Reads a model's configuration, of a family that has halves.
  public init(from decoder: any Decoder) throws {
    switch try ModelConfiguration(from: decoder) {
    case .transformer(let configuration): self = .transformer(configuration)
    case .recurrent(let configuration): self = .recurrent(configuration)
    case .mixed:
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "a mixed half"))
    }
  }

  /// Writes a model's configuration.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .transformer(let configuration):
      try ModelConfiguration.transformer(configuration).encode(to: encoder)
    case .recurrent(let configuration):
      try ModelConfiguration.recurrent(configuration).encode(to: encoder)
    }
  }
}

extension MixedConfiguration.Half {
  /// The rows of the table of learned positions, nil if there is none.
  var lengthLimit: Int? {
    switch self {
    case .transformer(let half): half.lengthLimit
    case .recurrent: nil
    }
  }

  var embeddingSize: Int {
    switch self {
    case .transformer(let half): half.embeddingSize
    case .recurrent(let half): half.embeddingSize
    }
  }

  fileprivate var embeddings: Embeddings {
    switch self {
    case .transformer(let half): Embeddings(size: half.embeddingSize)
    case .recurrent(let half): half.embeddings
    }
  }

  /// Columns of what an encoder of these sizes gives.
  package var memorySize: Int {
    switch self {
    case .transformer(let half): half.embeddingSize
    case .recurrent(let half): half.memorySize
    }
  }

  /// Columns of a decoder's last states.
  package var stateSize: Int {
    switch self {
    case .transformer(let half): half.embeddingSize
    case .recurrent(let half): half.hiddenSize
    }
  }

  package var finalStates: FinalStates? {
    switch self {
    case .transformer: nil
    case .recurrent(let half):
      FinalStates(cell: half.cell, layerCount: half.encoderLayerCount)
    }
  }

  package var tying: EmbeddingTying {
    switch self {
    case .transformer(let half): half.tying
    case .recurrent(let half): half.tying
    }
  }

  var outputBias: Bool {
    switch self {
    case .transformer(let half): half.outputBias
    case .recurrent(let half): half.outputBias
    }
  }

  var copying: CopyingConfiguration? {
    switch self {
    case .transformer(let half): half.copying
    case .recurrent(let half): half.copying
    }
  }

  fileprivate var sizeProblems: [String] {
    switch self {
    case .transformer(let half): half.sizeProblems
    case .recurrent(let half): half.sizeProblems
    }
  }

  fileprivate var encoderParameterCount: Double {
    switch self {
    case .transformer(let half): half.encoderParameterCount
    case .recurrent(let half): half.encoderParameterCount
    }
  }

  /// The layers of an encoder among paragraphs, nil if there are none.
  var documentLayerCount: Int? {
    switch self {
    case .transformer(let half): half.documentLayerCount
    case .recurrent: nil
    }
  }

  fileprivate func decoderParameterCount(memorySize: Double, readsParagraphs: Bool) -> Double {
    switch self {
    case .transformer(let half):
      half.decoderParameterCount(memorySize: memorySize, readsParagraphs: readsParagraphs)
    case .recurrent(let half): half.decoderParameterCount(memorySize: memorySize)
    }
  }
}
