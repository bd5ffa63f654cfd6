extension TokenizerConfiguration {
  /// The keys of what is put around the tokens of a source.
  package static let framingKeys: Set = ["source_bos", "source_eos", "paragraph_separator"]

  /// The keys in which two tokenizers differ that give a text different ids; sampling, which only
  /// training does, is not among them.
  public func differences(from other: TokenizerConfiguration)
    -> [(key: String, own: String, other: String)]
  {
    let values: [(String, (TokenizerConfiguration) -> String)] = [
      ("type", { $0.type.rawValue }),
      ("target_type", { ($0.targetType ?? $0.type).rawValue }),
      ("vocabulary_size", { $0.vocabularySize.map { "\($0)" } ?? "not set" }),
      ("minimum_frequency", { "\($0.minimumFrequency)" }),
      ("shared", { "\($0.shared)" }),
      ("unit", { $0.unit.rawValue }),
      ("normalization", { $0.normalization.rawValue }),
      ("byte_fallback", { "\($0.byteFallback)" }),
      ("character_coverage", { "\($0.characterCoverage)" }),
      ("source_bos", { "\($0.sourceBOS)" }),
      ("source_eos", { "\($0.sourceEOS)" }),
      ("paragraph_separator", { $0.paragraphSeparator.map { "'\($0)'" } ?? "not set" }),
    ]
    return values.compactMap { key, value in
      value(self) == value(other) ? nil : (key, value(self), value(other))
    }
  }
}

extension TextCodec {
  /// In what two codecs' vocabularies differ, in words that put this one first; nil when they give
  /// every text the same ids.
  public func vocabularyDifference(from other: TextCodec) -> String? {
    if let first = configuration.differences(from: other.configuration).first {
      return "tokenizer.\(first.key) is \(first.own), not \(first.other)"
    }
    if numbersUnknownWords != other.numbersUnknownWords {
      return numbersUnknownWords
        ? "it copies words of the source, the other does not"
        : "it does not copy words of the source, the other does"
    }
    for (side, own, theirs) in [
      ("source", source.vocabulary, other.source.vocabulary),
      ("target", target.vocabulary, other.target.vocabulary),
    ] {
      if own.count != theirs.count {
        return "the \(side) vocabulary has \(own.count) tokens, not \(theirs.count)"
      }
      for (id, (piece, theirPiece)) in zip(own.pieces, theirs.pieces).enumerated()
      where piece != theirPiece {
        return "token \(id) of the \(side) vocabulary is "
          + "'\(String(decoding: piece, as: UTF8.self))', not "
          + "'\(String(decoding: theirPiece, as: UTF8.self))'"
      }
    }
    return nil
  }
}
