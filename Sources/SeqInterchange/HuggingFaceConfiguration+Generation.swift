internal import SeqModels
internal import SeqText

// Special ids and how to search, in this toolkit's terms.
extension HuggingFaceConfiguration {
  /// The ids that stand for no text; `unknown` is the tokenizer's.
  ///
  /// - Throws: ``InterchangeError`` where one is missing, or EOS is several.
  func specialTokens(unknown: Int32, path: String) throws(InterchangeError) -> SpecialTokens {
    func id(_ value: TokenID?, _ name: String) throws(InterchangeError) -> Int32 {
      if let all = value?.all, all.count == 1, let only = all.first { return only }
      let found = value.map { "\($0.all.count) ids" } ?? "no such key"
      throw InterchangeError(
        .unsupported, path: path, name: name, found: found, expected: "one id",
        hint: "a model here has exactly one such token")
    }
    return SpecialTokens(
      padding: try id(padTokenId, "pad_token_id"),
      beginning: try id(decoderStartTokenId ?? bosTokenId, "decoder_start_token_id"),
      end: try id(eosTokenId, "eos_token_id"), unknown: unknown)
  }

  /// How the model is meant to be searched; `general` is what `config.json` says, for what this file,
  /// `generation_config.json`, leaves out.
  func generation(orElse general: HuggingFaceConfiguration) -> GenerationSettings {
    let forcedEnd = (forcedEosTokenId ?? general.forcedEosTokenId)?.all.first
    // The first of the decoder's tokens is its start, and a forced EOS is the last.
    let longest = (maxNewTokens ?? (maxLength ?? general.maxLength).map { $0 - 1 }).map {
      $0 - (forcedEnd == nil ? 0 : 1)
    }
    return GenerationSettings(
      firstToken: (forcedBosTokenId ?? general.forcedBosTokenId)?.all.first,
      lastToken: forcedEnd,
      forbiddenPhrases: badWordsIds ?? general.badWordsIds ?? [],
      maximumLength: longest.map { min(max($0, 0), GenerationSettings.largestCount) },
      minimumLength: (minLength ?? general.minLength).flatMap { $0 > 1 ? $0 - 1 : nil },
      beamSize: numBeams ?? general.numBeams,
      lengthPenalty: lengthPenalty ?? general.lengthPenalty,
      stopsEarly: (earlyStopping ?? general.earlyStopping)?.stopsEarly,
      noRepeatNGram: (noRepeatNgramSize ?? general.noRepeatNgramSize).flatMap { $0 > 0 ? $0 : nil },
      repetitionPenalty: (repetitionPenalty ?? general.repetitionPenalty).flatMap {
        $0 == 1 ? nil : $0
      })
  }
}
