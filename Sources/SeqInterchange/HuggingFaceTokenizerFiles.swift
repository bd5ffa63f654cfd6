internal import Foundation
internal import SeqCheckpoints
internal import SeqText

/// The tokenizer of a model that was trained here with SentencePiece, as `MarianTokenizer` of
/// transformers reads it: it takes any SentencePiece model with ids of its own.
struct MarianTokenizerFiles {
  private let source: SentencePieceTokenizer
  private let target: SentencePieceTokenizer

  /// Nil for tokenizers of other kinds.
  init?(_ codec: TextCodec) {
    guard let source = codec.source as? SentencePieceTokenizer,
      let target = codec.target as? SentencePieceTokenizer
    else { return nil }
    self.source = source
    self.target = target
  }

  /// Writes `source.spm`, `target.spm`, the ids of their pieces and the settings.
  ///
  /// - Throws: ``CheckpointError``.
  func write(to folder: URL) throws {
    let isShared = source.serializedModel == target.serializedModel
    let settings: [String: any Sendable] = [
      "tokenizer_class": "MarianTokenizer", "separate_vocabs": !isShared, "eos_token": "</s>",
      "unk_token": "<unk>", "pad_token": "<pad>", "source_lang": "source", "target_lang": "target",
    ]
    var files: [(String, [UInt8])] = [
      ("source.spm", source.serializedModel), ("target.spm", target.serializedModel),
      ("vocab.json", Self.ids(source.vocabulary)),
      ("tokenizer_config.json", try HuggingFaceSettings.text(settings)),
    ]
    if !isShared { files.append(("target_vocab.json", Self.ids(target.vocabulary))) }
    for (name, contents) in files {
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
