public import Foundation

extension TextCodec {
  /// Reads the tokenizers of a folder of Hugging Face's transformers.
  ///
  ///     let codec = try TextCodec(huggingFace: URL(fileURLWithPath: "opus-mt-en-fr"))
  ///
  /// In this order: MarianMT's `source.spm`, `target.spm` and `vocab.json`; a `tokenizer.json`;
  /// `vocab.json` and `merges.txt` as BART first had them; T5's `spiece.model`. Special tokens are
  /// those that `tokenizer_config.json` and `special_tokens_map.json` name, or the usual ones.
  ///
  /// - Throws: ``TextError`` when a file is missing or damaged, or asks for what is not supported.
  public init(huggingFace directory: URL) throws(TextError) {
    let folder = try HuggingFaceFolder(directory)
    if folder.has("source.spm") {
      self = try TextCodec.marian(folder)
    } else if folder.has("tokenizer.json") {
      let json = try folder.read("tokenizer.json")
      self = try TextCodec.pipeline(json, folder, file: folder.path("tokenizer.json"))
    } else if folder.has("merges.txt") {
      self = try TextCodec.byteLevel(folder)
    } else if folder.has("spiece.model") {
      self = try TextCodec.sentencePiece(folder)
    } else {
      throw TextError(
        .missingInput, file: directory.path, found: "no tokenizer that can be read",
        expected: "source.spm, target.spm and vocab.json; tokenizer.json; vocab.json and "
          + "merges.txt; or spiece.model",
        hint: folder.has("sentencepiece.bpe.model")
          ? "Save the tokenizer with a recent transformers, which writes tokenizer.json." : nil)
    }
  }

  /// Reads the tokenizer that a path leads to: a folder that ``save(to:)`` wrote or one of Hugging
  /// Face, a `tokenizer.json`, or a SentencePiece model.
  ///
  /// - Throws: ``TextError`` when there is none, or a file is damaged.
  public init(reading path: URL) throws(TextError) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder)
    if exists, !isFolder.boolValue {
      let bytes = try TextFile.read(path, limit: HuggingFaceFolder.maximumFileSize)
      if path.pathExtension == "json" {
        self = TextCodec.shared(
          try HuggingFaceTokenizer(json: bytes, file: path.path), .huggingFace)
      } else {
        let tokenizer = try ExtendedSentencePieceTokenizer(
          serializedModel: bytes, addedTokens: nil, specialTokens: .own, files: (path.path, nil))
        self = TextCodec.shared(tokenizer, .sentencePiece)
      }
    } else if exists, try !TextCodec.isOwn(path) {
      try self.init(huggingFace: path)
    } else {
      try self.init(directory: path)
    }
  }

  /// Whether a folder's `tokenizer.json` is one of ours, or there is nothing of another program.
  private static func isOwn(_ directory: URL) throws(TextError) -> Bool {
    let names = ["tokenizer.json", "source.spm", "merges.txt", "spiece.model"]
    let found = names.filter {
      FileManager.default.fileExists(atPath: directory.appendingPathComponent($0).path)
    }
    guard found.first == names[0] else { return found.isEmpty }
    let file = directory.appendingPathComponent(names[0])
    let bytes = try TextFile.read(file, limit: HuggingFaceFolder.maximumFileSize)
    // Ours is a page; a vocabulary is not.
    guard bytes.count < 1 << 16, let node = try? JSONNode(bytes, file: file.path) else {
      return bytes.count < 1 << 16
    }
    return (try? node.optional("model")) ?? nil == nil
  }

  private static func shared(
    _ tokenizer: any Tokenizer, _ type: TokenizerConfiguration.Kind
  ) -> TextCodec {
    let frame = tokenizer.frame
    let hasEnd = tokenizer.vocabulary.specialTokens.end != SpecialTokens.none
    return TextCodec(
      configuration: TokenizerConfiguration(
        type: type, vocabularySize: tokenizer.vocabulary.count,
        sourceBOS: frame.map { !$0.before.isEmpty } ?? false,
        sourceEOS: frame.map { !$0.after.isEmpty } ?? hasEnd),
      source: tokenizer, target: tokenizer)
  }

  private static func pipeline(
    _ json: [UInt8], _ folder: HuggingFaceFolder, file: String
  ) throws(TextError) -> TextCodec {
    let pipeline = try TokenizerPipeline(json: json, file: file)
    let special = try folder.specialTokens(usual: pipeline.usualSpecialTokens) {
      pipeline.id(of: $0)
    }
    let tokenizer = try HuggingFaceTokenizer(
      pipeline, json: json, specialTokens: special, file: file)
    return shared(tokenizer, .huggingFace)
  }

  private static func byteLevel(_ folder: HuggingFaceFolder) throws(TextError) -> TextCodec {
    var files = ByteLevelFiles(
      vocabulary: try folder.read("vocab.json"), merges: try folder.read("merges.txt"),
      vocabularyFile: folder.path("vocab.json"), mergesFile: folder.path("merges.txt"))
    files.addsPrefixSpace = try folder.setting("add_prefix_space")?.boolean() ?? false
    files.beginning =
      try folder.specialToken("cls_token", "bos_token") ?? files.beginning
    files.end =
      try folder.specialToken("sep_token", "eos_token") ?? files.end
    files.mask = try folder.specialToken("mask_token") ?? files.mask
    for role in ["pad_token", "unk_token", "bos_token", "eos_token"] {
      if let name = try folder.specialToken(role) { files.special.append(name) }
    }
    return try pipeline(try files.json(), folder, file: folder.path("vocab.json"))
  }

  private static func sentencePiece(_ folder: HuggingFaceFolder) throws(TextError) -> TextCodec {
    let bytes = try folder.read("spiece.model")
    let file = folder.path("spiece.model")
    let plain = try SentencePieceTokenizer(serializedModel: bytes, specialTokens: .own, file: file)
    let special = try folder.specialTokens(usual: plain.vocabulary.specialTokens) { name in
      plain.vocabulary.pieces.firstIndex(of: name).map(Int32.init)
    }
    let tokenizer = try ExtendedSentencePieceTokenizer(
      serializedModel: bytes,
      addedTokens: try addedTokens(folder, pieceCount: plain.vocabulary.count),
      specialTokens: .given(special), files: (file, folder.path("tokenizer_config.json")))
    return shared(tokenizer, .sentencePiece)
  }

  /// The tokens beside a `spiece.model`, those that the settings list or T5's.
  private static func addedTokens(
    _ folder: HuggingFaceFolder, pieceCount: Int
  ) throws(TextError) -> [UInt8]? {
    var tokens: [AddedToken] = []
    if let list = try folder.setting("added_tokens_decoder") {
      for member in try list.members() {
        let node = list.member(member)
        guard let id = Int32(String(decoding: member.key, as: UTF8.self)) else {
          throw node.problem("a key that is no id")
        }
        // The model's own pieces are found by its own rules.
        if id >= pieceCount { tokens.append(try AddedToken(node, id: id)) }
      }
    } else {
      let usual = try folder.modelType() == "mt5" ? 0 : 100
      let count = try folder.setting("extra_ids")?.integer(in: 0...100_000) ?? usual
      // The last number comes first.
      tokens = (0..<count).map { number in
        AddedToken(
          id: Int32(pieceCount + count - 1 - number),
          content: Array("<extra_id_\(number)>".utf8), isSpecial: true)
      }
    }
    return tokens.isEmpty ? nil : AddedToken.json(tokens.sorted { $0.id < $1.id })
  }

  private static func marian(_ folder: HuggingFaceFolder) throws(TextError) -> TextCodec {
    let hasOwnTarget = try folder.setting("separate_vocabs")?.boolean() ?? false
    func side(_ model: String, _ vocabulary: String) throws(TextError) -> MarianTokenizer {
      try MarianTokenizer(
        serializedModel: try folder.read(model), vocabulary: try folder.read(vocabulary),
        files: (folder.path(model), folder.path(vocabulary)))
    }
    let source = try side("source.spm", "vocab.json")
    let target = try side("target.spm", hasOwnTarget ? "target_vocab.json" : "vocab.json")
    return TextCodec(
      configuration: TokenizerConfiguration(
        type: .marian, vocabularySize: source.vocabulary.count, shared: false, sourceEOS: true),
      source: source, target: target)
  }
}
