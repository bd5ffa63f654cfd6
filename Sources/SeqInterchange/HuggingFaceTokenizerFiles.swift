internal import Foundation
internal import SeqCheckpoints
internal import SeqText

/// The files of a model's tokenizer as transformers reads them: those that it came with, or, of one that
/// was trained here with SentencePiece, `MarianTokenizer`'s, which takes any such model with ids of its
/// own.
struct HuggingFaceTokenizerFiles {
  /// The settings, in `tokenizer_config.json`.
  private var settings: [String: any Sendable]
  private var files: [(name: String, contents: [UInt8])]

  /// Nil for tokenizers that transformers has no counterpart of.
  init?(_ codec: TextCodec) {
    let special = codec.target.vocabulary.specialTokens
    settings = [:]
    for (role, id) in [
      ("pad_token", special.padding), ("eos_token", special.end), ("unk_token", special.unknown),
    ] where codec.target.vocabulary.pieces.indices.contains(Int(id)) {
      settings[role] = String(
        decoding: codec.target.vocabulary.pieces[Int(id)], as: UTF8.self)
    }
    switch (codec.source, codec.target) {
    case (let source, let target) as (SentencePieceTokenizer, SentencePieceTokenizer):
      files = []
      addMarian(
        source: (source.serializedModel, Self.ids(source.vocabulary)),
        target: (target.serializedModel, Self.ids(target.vocabulary)))
    case (let source, let target) as (MarianTokenizer, MarianTokenizer):
      files = []
      addMarian(
        source: (source.serializedModel, source.vocabularyFile),
        target: (target.serializedModel, target.vocabularyFile))
    case (let tokenizer as HuggingFaceTokenizer, _):
      files = [("tokenizer.json", tokenizer.json)]
      settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    case (let tokenizer as ExtendedSentencePieceTokenizer, _):
      files = [("spiece.model", tokenizer.serializedModel)]
      settings["tokenizer_class"] = "T5Tokenizer"
      // T5's own names, the last first, or nothing that it would know.
      let added = tokenizer.addedTokens
      guard
        added.enumerated().allSatisfy({ place, token in
          token == "<extra_id_\(added.count - 1 - place)>"
        })
      else { return nil }
      settings["extra_ids"] = added.count
    default: return nil
    }
  }

  /// A SentencePiece model and the ids of its pieces for each side; ids may be those of both.
  private mutating func addMarian(
    source: (model: [UInt8], ids: [UInt8]), target: (model: [UInt8], ids: [UInt8])
  ) {
    let isShared = source.ids == target.ids
    files = [
      ("source.spm", source.model), ("target.spm", target.model), ("vocab.json", source.ids),
    ]
    if !isShared { files.append(("target_vocab.json", target.ids)) }
    settings["tokenizer_class"] = "MarianTokenizer"
    settings["separate_vocabs"] = !isShared
    settings["source_lang"] = "source"
    settings["target_lang"] = "target"
  }

  /// Writes all of them.
  ///
  /// - Throws: ``CheckpointError``.
  func write(to folder: URL) throws {
    let all = files + [("tokenizer_config.json", try HuggingFaceSettings.text(settings))]
    for (name, contents) in all {
      try AtomicFile.write(contents, to: folder.appendingPathComponent(name).path)
    }
  }

  /// Every piece with its id, in the order of ids.
  private static func ids(_ vocabulary: Vocabulary) -> [UInt8] {
    let members = vocabulary.pieces.enumerated().map { id, piece in
      "  \(quotedJSON(String(decoding: piece, as: UTF8.self))): \(id)"
    }
    return Array("{\n\(members.joined(separator: ",\n"))\n}\n".utf8)
  }
}
