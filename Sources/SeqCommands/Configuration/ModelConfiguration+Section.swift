import SeqKit

/// A half of a mixed model, whose section has the keys of its side alone.
enum ModelHalf {
  case encoder
  case decoder
}

extension ModelConfiguration {
  /// Reads the `model` section.
  ///
  /// When it does not say how embeddings are tied, all are where source and target share a
  /// vocabulary and the family can, and the target's two otherwise. A model to start from has
  /// decided all but the rates of dropout.
  init(section: ConfigurationSection, sharesVocabulary: Bool, startingFrom start: StartingModel?) {
    _ = section.text("from")
    let family: Family = section.choice("type") ?? start?.model.family ?? .transformer
    // Another family's keys are not measured by those of the model.
    let known = start.flatMap { $0.model.family == family ? $0.model : nil }
    switch family {
    case .transformer:
      var defaults = TransformerConfiguration()
      if case .transformer(let configuration) = known { defaults = configuration }
      self = .transformer(
        TransformerConfiguration(
          section: section, half: nil,
          tying: known?.tying ?? (sharesVocabulary ? .all : .target), defaults: defaults))
    case .recurrent:
      var defaults = RecurrentConfiguration()
      if case .recurrent(let configuration) = known { defaults = configuration }
      self = .recurrent(
        RecurrentConfiguration(
          section: section, half: nil, tying: known?.tying ?? .none, defaults: defaults))
    case .mixed:
      var defaults: MixedConfiguration?
      if case .mixed(let configuration) = known { defaults = configuration }
      self = .mixed(MixedConfiguration(section: section, defaults: defaults))
    }
    guard let start else { return }
    section.refuseInitialValues()
    section.check(differences(fromStart: start.model), against: "the model in \(start.path)")
  }
}

extension ConfigurationSection {
  /// Where parameters are there already, what they start from is no choice.
  fileprivate func refuseInitialValues() {
    refuse(
      "initialization", "forget_bias", "embedding_deviation",
      reason: "has no effect with from: the parameters are there already")
  }
}

extension MixedConfiguration {
  /// Reads the sections of the two halves.
  init(section: ConfigurationSection, defaults: MixedConfiguration?) {
    func half(_ name: String, _ half: ModelHalf, _ defaults: Half?) -> Half? {
      section.section(name, isRequired: defaults == nil) {
        if defaults != nil { $0.refuseInitialValues() }
        return Half(section: $0, half: half, defaults: defaults)
      } ?? defaults
    }
    let fallback = Half.transformer(TransformerConfiguration())
    let encoder = half("encoder", .encoder, defaults?.encoder)
    let decoder = half("decoder", .decoder, defaults?.decoder)
    self.init(encoder: encoder ?? fallback, decoder: decoder ?? fallback)
    if case .transformer(let reader) = encoder,
      let problem = reader.pointingProblem(copying: copying)
    {
      section.note("encoder.\(problem.key)", problem.message)
    }
    guard let encoder, case .recurrent(let writer) = decoder else { return }
    let problems = writer.decoderProblems(
      memorySize: encoder.memorySize, finalStates: encoder.finalStates)
    for (key, message) in problems { section.note("decoder.\(key)", message) }
  }
}

extension MixedConfiguration.Half {
  /// Reads one half.
  fileprivate init(section: ConfigurationSection, half: ModelHalf, defaults: Self?) {
    enum Family: String, CaseIterable { case transformer, recurrent }
    var family = Family.transformer
    if case .recurrent = defaults { family = .recurrent }
    family = section.choice("type") ?? family
    switch family {
    case .transformer:
      var known = TransformerConfiguration()
      if case .transformer(let configuration) = defaults { known = configuration }
      self = .transformer(
        TransformerConfiguration(
          section: section, half: half, tying: defaults?.tying ?? .none, defaults: known))
    case .recurrent:
      var known = RecurrentConfiguration()
      if case .recurrent(let configuration) = defaults { known = configuration }
      self = .recurrent(
        RecurrentConfiguration(
          section: section, half: half, tying: defaults?.tying ?? .none, defaults: known))
    }
  }
}

extension ConfigurationSection {
  /// How many layers each side has: `layer_count` for both or for the half, or a key for each side.
  func layerCounts(_ half: ModelHalf?, defaults: (encoder: Int, decoder: Int)) -> (
    encoder: Int, decoder: Int
  ) {
    let both = optionalWholeNumber("layer_count", atLeast: 1)
    switch half {
    case .encoder: return (both ?? defaults.encoder, 1)
    case .decoder: return (1, both ?? defaults.decoder)
    case nil: break
    }
    if isSet("layer_count") {
      refuse(
        "encoder_layer_count", "decoder_layer_count",
        reason: "either layer_count, for both, or encoder_layer_count and decoder_layer_count")
    }
    require(
      isSet("encoder_layer_count") == isSet("decoder_layer_count"),
      about: "encoder_layer_count", "decoder_layer_count",
      or: "encoder_layer_count and decoder_layer_count go together; layer_count is for both")
    return (
      wholeNumber("encoder_layer_count", or: both ?? defaults.encoder, atLeast: 1),
      wholeNumber("decoder_layer_count", or: both ?? defaults.decoder, atLeast: 1)
    )
  }
}
