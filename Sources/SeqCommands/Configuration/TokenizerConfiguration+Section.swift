import SeqKit

extension TokenizerConfiguration {
  /// Reads the `tokenizer` section; a model to start from has decided all but the sampling, a learned
  /// tokenizer all but that and what is put around sources.
  init(section: ConfigurationSection, startingFrom start: StartingTokenizer? = nil) {
    let isTypeGiven = section.contains("type")
    let known = start?.configuration
    let type: Kind? = section.choice("type") ?? (isTypeGiven ? nil : known?.type)
    // Of one that cannot be read this was said already.
    let hasStart = section.isSet("from") || start != nil
    if !isTypeGiven && !hasStart {
      let words = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      section.note("type", "missing: expected one of \(words)")
    }
    if section.text("from") != nil, start?.isOfModel == true {
      section.note("from", "does not go with model.from, which brings its own tokenizer")
    }
    var defaults = known ?? TokenizerConfiguration(type: type ?? .byte)
    let targetType: Kind? = section.choice("target_type") ?? defaults.targetType
    if targetType != nil { defaults.shared = false }
    // Null takes away what a starting tokenizer has.
    let sampling = section.section("sampling") { Sampling(section: $0, type: type) }
    let separator = section.text("paragraph_separator")
    self.init(
      type: type ?? defaults.type, targetType: targetType,
      vocabularySize: section.optionalWholeNumber("vocabulary_size", atLeast: 5)
        ?? defaults.vocabularySize,
      minimumFrequency: section.wholeNumber(
        "minimum_frequency", or: defaults.minimumFrequency, atLeast: 1),
      shared: section.flag("shared", or: defaults.shared),
      unit: section.choice("unit") ?? defaults.unit,
      normalization: section.choice("normalization") ?? defaults.normalization,
      byteFallback: section.flag("byte_fallback", or: defaults.byteFallback),
      characterCoverage: section.number(
        "character_coverage", or: defaults.characterCoverage, .coverage),
      sampling: section.contains("sampling") ? sampling : defaults.sampling,
      sourceBOS: section.flag("source_bos", or: defaults.sourceBOS),
      sourceEOS: section.flag("source_eos", or: defaults.sourceEOS),
      paragraphSeparator: section.contains("paragraph_separator")
        ? separator : defaults.paragraphSeparator)
    checkParagraphs(of: section)
    if let type { checkKeys(of: section, type, needsSize: !hasStart) }
    if let type, let targetType { checkTarget(of: section, type, targetType) }
    if let start {
      section.check(
        start.differences(of: self),
        against: "\(start.isOfModel ? "the model" : "the tokenizer") in \(start.path)")
    }
  }

  /// What cannot be where a source has paragraphs.
  private func checkParagraphs(of section: ConfigurationSection) {
    guard let paragraphSeparator else { return }
    section.require(
      sourceEOS, about: "paragraph_separator", "source_eos",
      or: "does not go with source_eos: false: an EOS is what ends a paragraph")
    section.require(
      !paragraphSeparator.utf8.contains { $0 == 0x0A || $0 == 0x0D }, about: "paragraph_separator",
      or:
        "expected a text within a line, such as \" ||| \": sources are read line by line, and a model "
        + "is to read what it was trained on")
  }

  /// What cannot be where the target has a tokenizer of another family.
  private func checkTarget(of section: ConfigurationSection, _ type: Kind, _ targetType: Kind) {
    let areSubwords = [type, targetType].contains { $0 == .bpe || $0 == .unigram }
    section.require(
      !areSubwords, about: "target_type", "type",
      or: "expected character, whitespace or byte on both sides, found \(type.rawValue) and "
        + targetType.rawValue)
    section.require(
      !shared, about: "shared", "target_type",
      or: "tokenizers of two families cannot share a vocabulary: leave out shared, or target_type")
  }

  /// A key that would have no effect is refused: whoever wrote it expects one.
  private func checkKeys(of section: ConfigurationSection, _ type: Kind, needsSize: Bool) {
    let isSubword = type == .bpe || type == .unigram
    let own = "type: \(type.rawValue)"
    if isSubword {
      section.require(
        section.isSet("vocabulary_size") || !needsSize, about: "vocabulary_size",
        or: "missing: \(own) needs the number of tokens, for instance 8000")
      section.refuse("minimum_frequency", reason: "has no effect with \(own)")
    } else {
      section.refuse(
        "byte_fallback", "character_coverage",
        reason: "has no effect with \(own), only with bpe and unigram")
      // SentencePiece's own models sample too, by what they are.
      if type != .sentencePiece {
        section.refuse(
          "sampling", reason: "has no effect with \(own), only with bpe, unigram and sentencepiece")
      }
    }
    if type == .byte && targetType ?? type == .byte {
      section.refuse(
        "vocabulary_size", "minimum_frequency",
        reason: "has no effect with \(own): its tokens are the 256 bytes")
    }
    if type != .character && targetType != .character {
      section.refuse("unit", reason: "has no effect with \(own), only with character")
    }
  }
}

extension TokenizerConfiguration.Sampling {
  /// Reads the `tokenizer.sampling` section.
  init(section: ConfigurationSection, type: TokenizerConfiguration.Kind?) {
    let defaults = Self()
    self.init(
      dropout: section.number("dropout", or: defaults.dropout, .probability),
      alpha: section.number("alpha", or: defaults.alpha, .positive))
    if type == .bpe { section.refuse("alpha", reason: "is for unigram; bpe samples by dropout") }
    if type == .unigram {
      section.refuse("dropout", reason: "is for bpe; unigram samples by alpha")
    }
  }
}
