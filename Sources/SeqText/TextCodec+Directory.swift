public import Foundation

// tokenizer.json names the version of the format, the configuration, and the tokenizer files:
// `shared.*`, or `source.*` and `target.*`; `.vocab` is one piece a line, `.model` SentencePiece's.
// Tokenizers of other programs keep their files byte for byte, as in `shared.tokenizer.json`.
extension TextCodec {
  private static let fileName = "tokenizer.json"
  private static let formatVersion = 1

  private struct Description: Codable {
    var version: Int
    var configuration: TokenizerConfiguration
    /// Which ids of a side of another program's tokenizer are the special ones, where no file of the
    /// tokenizer says so.
    var specialTokens: [String: SpecialTokens]?
  }

  /// Writes `tokenizer.json` and the tokenizer files into a folder, each file at once; the folder
  /// is made when it is missing.
  ///
  /// - Throws: ``TextError`` when a file cannot be written.
  public func save(to directory: URL) throws(TextError) {
    try TextFile.createDirectory(directory)
    for (name, contents) in files {
      try TextFile.write(contents, to: directory.appendingPathComponent(name))
    }
  }

  /// Reads what ``save(to:)`` wrote.
  ///
  /// - Throws: ``TextError`` when a file is missing or damaged.
  public init(directory: URL) throws(TextError) {
    let file = directory.appendingPathComponent(TextCodec.fileName)
    let description = try TextCodec.readDescription(file)
    let configuration = description.configuration
    func tokenizer(
      _ name: String, _ configuration: TokenizerConfiguration
    ) throws(TextError) -> any Tokenizer {
      try TextCodec.readTokenizer(
        configuration, name: name, in: directory, description.specialTokens?[name])
    }
    if configuration.shared {
      let shared = try tokenizer("shared", configuration)
      self.init(configuration: configuration, source: shared, target: shared)
    } else {
      self.init(
        configuration: configuration, source: try tokenizer("source", configuration),
        target: try tokenizer("target", configuration.ofTarget))
    }
  }

  /// A hash of everything that decides how text is encoded.
  package var fingerprint: UInt64 {
    var hash = FingerprintHasher()
    for (name, contents) in files {
      hash.add(Array(name.utf8))
      hash.add(contents)
    }
    if numbersUnknownWords { hash.add(Array("unknown words have numbers".utf8)) }
    if let targetStart { hash.add(UInt64(UInt32(bitPattern: targetStart))) }
    return hash.value
  }

  /// The files a model directory holds, in the order they are written.
  private var files: [(name: String, contents: [UInt8])] {
    let sides: [(String, any Tokenizer, TokenizerConfiguration.Kind)] =
      configuration.shared
      ? [("shared", source, configuration.type)]
      : [
        ("source", source, configuration.type), ("target", target, configuration.ofTarget.type),
      ]
    var files: [(name: String, contents: [UInt8])] = []
    for (name, tokenizer, type) in sides {
      if let tokenizer = tokenizer as? any StoredTokenizer {
        files += tokenizer.storedFiles.map { ("\(name).\($0.suffix)", $0.contents) }
      } else if type != .byte {
        files.append((name + ".vocab", tokenizer.vocabulary.fileContents))
      }
    }
    return files + [(TextCodec.fileName, description)]
  }

  private var description: [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    var description = Description(
      version: TextCodec.formatVersion, configuration: configuration)
    if [.huggingFace, .sentencePiece].contains(configuration.type) {
      description.specialTokens =
        configuration.shared
        ? ["shared": source.vocabulary.specialTokens]
        : [
          "source": source.vocabulary.specialTokens, "target": target.vocabulary.specialTokens,
        ]
    }
    do {
      return Array(try encoder.encode(description)) + [0x0A]
    } catch {
      // Only a number that is not finite cannot be written as JSON.
      fatalError("tokenizer configuration: \(error)")
    }
  }

  private static func readDescription(_ file: URL) throws(TextError) -> Description {
    let bytes = try TextFile.read(file)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in PropertyName(path[path.count - 1].stringValue) }
    let description: Description
    do {
      description = try decoder.decode(Description.self, from: Data(bytes))
    } catch DecodingError.keyNotFound(let key, _) {
      throw TextError(
        .badData, file: file.path, found: "the key '\(key.stringValue)' is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context)
    {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw TextError(
        .badData, file: file.path,
        found: path.isEmpty ? "not JSON" : "the value of '\(path)' is none that fits",
        expected: "what saving a tokenizer writes")
    } catch {
      throw TextError(.badData, file: file.path, found: "not a tokenizer's description")
    }
    guard description.version == formatVersion else {
      throw TextError(
        .badData, file: file.path, found: "version \(description.version) of the format",
        expected: "version \(formatVersion)", hint: "The file is from another release.")
    }
    return description
  }

  private static func readTokenizer(
    _ configuration: TokenizerConfiguration, name: String, in directory: URL,
    _ specialTokens: SpecialTokens?
  ) throws(TextError) -> any Tokenizer {
    let normalization = configuration.normalization
    let vocabulary = directory.appendingPathComponent(name + ".vocab")
    switch configuration.type {
    case .byte: return ByteTokenizer(normalization: normalization)
    case .character:
      return CharacterTokenizer(
        vocabulary: try Vocabulary(file: vocabulary), unit: configuration.unit,
        normalization: normalization)
    case .whitespace:
      return WhitespaceTokenizer(
        vocabulary: try Vocabulary(file: vocabulary), normalization: normalization)
    case .huggingFace, .marian, .sentencePiece:
      return try readForeign(configuration.type, directory, name, specialTokens)
    case .bpe, .unigram:
      let model = directory.appendingPathComponent(name + ".model")
      return try SentencePieceTokenizer(
        serializedModel: try TextFile.read(model), normalization: normalization, file: model.path)
    }
  }

  private static func readForeign(
    _ type: TokenizerConfiguration.Kind, _ directory: URL, _ name: String,
    _ specialTokens: SpecialTokens?
  ) throws(TextError) -> any Tokenizer {
    func url(_ suffix: String) -> URL { directory.appendingPathComponent("\(name).\(suffix)") }
    func read(_ suffix: String) throws(TextError) -> [UInt8] {
      try TextFile.read(url(suffix), limit: HuggingFaceFolder.maximumFileSize)
    }
    switch type {
    case .marian:
      return try MarianTokenizer(
        serializedModel: try read("spm"), vocabulary: try read("vocab.json"),
        files: (url("spm").path, url("vocab.json").path))
    case .sentencePiece:
      let added = url("added_tokens.json").path
      let hasAdded = FileManager.default.fileExists(atPath: added)
      return try ExtendedSentencePieceTokenizer(
        serializedModel: try read("model"),
        addedTokens: hasAdded ? try read("added_tokens.json") : nil,
        specialTokens: specialTokens.map { .given($0) } ?? .own,
        files: (url("model").path, added))
    default:
      return try HuggingFaceTokenizer(
        json: try read("tokenizer.json"), specialTokens: specialTokens,
        file: url("tokenizer.json").path)
    }
  }

  /// A property's name from its key in snake case; BOS and EOS stay capital, which Foundation's
  /// own conversion does not know.
  private struct PropertyName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ key: String) {
      let words = key.split(separator: "_").map(String.init)
      let rest = words.dropFirst().map { word in
        word == "bos" || word == "eos" ? word.uppercased() : word.capitalized
      }
      stringValue = (words.first ?? "") + rest.joined()
    }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}
