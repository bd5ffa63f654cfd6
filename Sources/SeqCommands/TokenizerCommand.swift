public import ArgumentParser
import Foundation
public import SeqKit

/// `seq2seq tokenizer`: learns a vocabulary from text, and turns text into tokens and back.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Learn a vocabulary from text; turn text into tokens and back.",
    subcommands: [Train.self, Encode.self, Decode.self])
}

extension TokenizerCommand {
  /// Learns and saves: `seq2seq tokenizer train`.
  struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Learn a vocabulary from text files, one sentence a line.")

    @Option(help: "How text is cut into tokens.")
    var type: TokenizerConfiguration.Kind = .bpe

    @Option(help: "Number of tokens: exact for bpe and unigram, else the largest.")
    var vocabularySize: Int?

    @Option(help: "Rarer pieces are unknown (character and whitespace).")
    var minimumFrequency = 1

    @Option(help: "What a character is: scalar or grapheme.")
    var unit: TokenizerConfiguration.CharacterUnit = .scalar

    @Option(help: "Unicode normalisation: none, nfc or nfkc.")
    var normalization: TokenizerConfiguration.Normalization = .none

    @Option(help: "Share of characters that bpe and unigram cover, 0.98 to 1.")
    var characterCoverage = 1.0

    @Flag(help: "Spell unknown characters as bytes (bpe and unigram).")
    var byteFallback = false

    @Option(help: ArgumentHelp("Folder for the tokenizer's files.", valueName: "dir"))
    var output: String

    @Argument(help: "Text files; .gz is decompressed, - is the standard input.")
    var files: [String]

    func validate() throws {
      if !(0.98...1).contains(characterCoverage) {
        throw ValidationError(
          "--character-coverage is \(characterCoverage); it must be from 0.98 to 1.")
      }
      if minimumFrequency < 1 {
        throw ValidationError("--minimum-frequency is \(minimumFrequency); it must be at least 1.")
      }
      if let vocabularySize, !(5...Int(Int32.max)).contains(vocabularySize) {
        throw ValidationError(
          "--vocabulary-size is \(vocabularySize); it must be at least 5, four of them special.")
      }
      if vocabularySize == nil, type == .bpe || type == .unigram {
        throw ValidationError(
          "--type \(type.rawValue) needs --vocabulary-size, for instance 8000.")
      }
      let areSubwords = type == .bpe || type == .unigram
      let isPlain = type == .character || type == .whitespace
      let misplaced = [
        ("--vocabulary-size", vocabularySize != nil && !areSubwords && !isPlain),
        ("--minimum-frequency", minimumFrequency > 1 && !isPlain),
        ("--unit", unit != .scalar && type != .character),
        ("--character-coverage", characterCoverage != 1 && !areSubwords),
        ("--byte-fallback", byteFallback && !areSubwords),
      ]
      if let (flag, _) = misplaced.first(where: \.1) {
        throw ValidationError("\(flag) has no effect with --type \(type.rawValue); leave it out.")
      }
    }

    func run() throws {
      try reportingErrors {
        let folder = URL(fileURLWithPath: output)
        let description = folder.appendingPathComponent("config.json").path
        if FileManager.default.fileExists(atPath: description) {
          throw TextError(
            .cannotCreate, file: output, found: "holds a model, which needs its own tokenizer",
            expected: "another folder", hint: "Give another --output.")
        }
        let codec = try TextCodec.train(
          configuration: TokenizerConfiguration(
            type: type, vocabularySize: vocabularySize, minimumFrequency: minimumFrequency,
            unit: unit, normalization: normalization, byteFallback: byteFallback,
            characterCoverage: characterCoverage), files: files)
        try codec.save(to: folder)
        Console.note("\(codec.sourceVocabularySize) tokens in \(output)")
      }
    }
  }

  /// Text in, tokens out: `seq2seq tokenizer encode`.
  struct Encode: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn each line of the standard input into tokens.")

    @OptionGroup var side: SideOptions

    @Flag(help: "Write ids instead of pieces.")
    var ids = false

    func run() throws {
      try reportingErrors {
        let tokenizer = try side.tokenizer()
        let spelling = PieceSpelling(tokenizer)
        try translateLines { line in
          if String(validating: line, as: UTF8.self) == nil {
            return .failure("not valid UTF-8; save the text as UTF-8")
          }
          let words = tokenizer.encode(line).map {
            ids ? Array(String($0).utf8) : spelling.spelling(of: $0)
          }
          return .success(Array(words.joined(separator: [0x20])))
        }
      }
    }
  }

  /// Tokens in, text out: `seq2seq tokenizer decode`.
  struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn each line of tokens on the standard input into text.")

    @OptionGroup var side: SideOptions

    @Flag(help: "Read ids instead of pieces.")
    var ids = false

    func run() throws {
      try reportingErrors {
        let tokenizer = try side.tokenizer()
        let spelling = PieceSpelling(tokenizer)
        try translateLines { line in
          var tokens: [Int32] = []
          for word in line.split(separator: 0x20) {
            let id =
              ids ? Int32(String(decoding: word, as: UTF8.self)) : spelling.id(of: Array(word))
            guard let id, id >= 0, id < tokenizer.vocabulary.count else {
              let text = String(decoding: word, as: UTF8.self)
              return .failure("'\(text)' is no \(ids ? "id" : "piece") of the vocabulary")
            }
            tokens.append(id)
          }
          return .success(Array(tokenizer.decode(tokens).utf8))
        }
      }
    }
  }

  /// Which tokenizer of which folder.
  struct SideOptions: ParsableArguments {
    enum Side: String, ExpressibleByArgument, CaseIterable {
      case source, target
    }

    @Option(help: "Whose vocabulary, where source and target have their own.")
    var side: Side = .source

    @Argument(
      help: "A folder made by 'tokenizer train', a model, a Hugging Face folder or tokenizer.json.")
    var directory: String

    func tokenizer() throws(TextError) -> any Tokenizer {
      let codec = try TextCodec(reading: URL(fileURLWithPath: directory))
      return side == .source ? codec.source : codec.target
    }
  }
}

extension TokenizerConfiguration.Kind: ExpressibleByArgument {}
extension TokenizerConfiguration.CharacterUnit: ExpressibleByArgument {}
extension TokenizerConfiguration.Normalization: ExpressibleByArgument {}

/// A line's translation, or what is wrong with it.
private enum LineOutcome {
  case success([UInt8])
  case failure(String)
}

/// Writes a line for every line of the standard input, flushed when input pauses.
///
/// A line that fails gives an empty one and a message, and exit code 65 at the end.
private func translateLines(_ translate: ([UInt8]) -> LineOutcome) throws {
  let reader = try LineReader(path: "-")
  var failureCount = 0
  try withOutput(nil) { write in
    var pending: [UInt8] = []
    while let line = try reader.next() {
      switch translate(line) {
      case .success(let text): pending += text
      case .failure(let reason):
        failureCount += 1
        Console.note("Error: line \(reader.lineNumber): \(reason)")
      }
      pending.append(0x0A)
      if pending.count > 1 << 16 || !reader.hasBufferedLine {
        try write(String(decoding: pending, as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
      }
    }
    try write(String(decoding: pending, as: UTF8.self))
  }
  if failureCount > 0 { throw ExitCode.badData }
}
