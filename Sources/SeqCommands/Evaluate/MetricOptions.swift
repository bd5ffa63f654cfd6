import ArgumentParser
import SeqKit

/// Settings of BLEU, by sacreBLEU's names.
struct BLEUOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How BLEU cuts lines into words: 13a (unless given), intl, char, none, zh, or ko-syllable, "
        + "where every Hangul syllable is a word and the rest is cut as by intl.",
      valueName: "name"),
    transform: BLEU.Tokenizer.init(argument:))
  var tokenize: BLEU.Tokenizer?

  @Option(help: "What BLEU makes of n-gram orders without a match; exp unless given.")
  var smoothMethod: SmoothMethod?

  @Option(
    help: ArgumentHelp(
      "The value of floor (0.1 unless given) or add-k (1 unless given).", valueName: "number"))
  var smoothValue: Double?

  func validate() throws {
    guard let smoothValue else { return }
    let method = smoothMethod ?? .exp
    if method != .floor && method != .addK {
      throw ValidationError(
        "--smooth-value has no meaning with --smooth-method \(method.rawValue), "
          + "only with floor and add-k.")
    }
    if !smoothValue.isFinite || smoothValue < 0 {
      throw ValidationError("--smooth-value is \(smoothValue); it must be a number of at least 0.")
    }
  }

  /// The options that were given.
  var given: [String] {
    [
      (tokenize != nil, "--tokenize"), (smoothMethod != nil, "--smooth-method"),
      (smoothValue != nil, "--smooth-value"),
    ].compactMap { $0 ? $1 : nil }
  }

  func metric(lowercase: Bool, effectiveOrder: Bool) -> BLEU {
    let smoothing: BLEU.Smoothing =
      switch smoothMethod ?? .exp {
      case .exp: .exponential
      case .floor: smoothValue.map { .floor($0) } ?? .floor
      case .addK: smoothValue.map { .addK($0) } ?? .addK
      case .none: .none
      }
    return BLEU(
      tokenizer: tokenize ?? .mteval13a, smoothing: smoothing, lowercase: lowercase,
      effectiveOrder: effectiveOrder)
  }
}

/// Settings of chrF, by sacreBLEU's names.
struct CHRFOptions: ParsableArguments {
  @Option(help: ArgumentHelp("chrF: the longest n-gram of characters (6).", valueName: "n"))
  var chrfCharOrder: Int?

  @Option(
    help: ArgumentHelp("chrF: the longest n-gram of words (0; chrf++ has 2).", valueName: "n"))
  var chrfWordOrder: Int?

  @Option(
    help: ArgumentHelp("chrF: how much more recall counts than precision (2).", valueName: "n"))
  var chrfBeta: Int?

  @Flag(help: "chrF: count white space as characters.")
  var chrfWhitespace = false

  @Flag(help: "chrF: average the F scores of all orders, as chrF++.py does.")
  var chrfEpsSmoothing = false

  func validate() throws {
    for (option, value) in [
      ("--chrf-char-order", chrfCharOrder), ("--chrf-word-order", chrfWordOrder),
      ("--chrf-beta", chrfBeta),
    ] {
      if let value, !(0...100).contains(value) {
        throw ValidationError("\(option) is \(value); it must be from 0 to 100.")
      }
    }
    if chrfCharOrder == 0, chrfWordOrder ?? 0 == 0 {
      throw ValidationError("--chrf-char-order is 0, and no words are counted: nothing is left.")
    }
  }

  /// The options that were given.
  var given: [String] {
    [
      (chrfCharOrder != nil, "--chrf-char-order"), (chrfWordOrder != nil, "--chrf-word-order"),
      (chrfBeta != nil, "--chrf-beta"), (chrfWhitespace, "--chrf-whitespace"),
      (chrfEpsSmoothing, "--chrf-eps-smoothing"),
    ].compactMap { $0 ? $1 : nil }
  }

  func metric(wordOrder: Int?, lowercase: Bool) -> CHRF {
    CHRF(
      characterOrder: chrfCharOrder ?? 6, wordOrder: wordOrder ?? chrfWordOrder ?? 0,
      beta: chrfBeta ?? 2, lowercase: lowercase, countsWhitespace: chrfWhitespace,
      epsilonSmoothing: chrfEpsSmoothing)
  }
}

/// Settings of TER, by sacreBLEU's names.
struct TEROptions: ParsableArguments {
  @Flag(help: "TER: set punctuation apart and read XML entities.")
  var terNormalized = false

  @Flag(help: "TER: leave punctuation out.")
  var terNoPunct = false

  @Flag(help: "TER: with one of these two, treat ideographs and Asian punctuation too.")
  var terAsianSupport = false

  @Flag(help: "TER: tell capitals from small letters.")
  var terCaseSensitive = false

  func validate() throws {
    if terAsianSupport && !terNormalized && !terNoPunct {
      throw ValidationError(
        "--ter-asian-support has no meaning without --ter-normalized or --ter-no-punct.")
    }
  }

  /// The options that were given.
  var given: [String] {
    [
      (terNormalized, "--ter-normalized"), (terNoPunct, "--ter-no-punct"),
      (terAsianSupport, "--ter-asian-support"), (terCaseSensitive, "--ter-case-sensitive"),
    ].compactMap { $0 ? $1 : nil }
  }

  var metric: TER {
    TER(
      isNormalized: terNormalized, removesPunctuation: terNoPunct,
      hasAsianSupport: terAsianSupport, isCaseSensitive: terCaseSensitive)
  }
}

/// Settings of ROUGE.
struct ROUGEOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How ROUGE cuts lines into words: rouge_score (a-z and 0-9; all other scripts are lost), "
        + "unicode (letters, marks and digits of every script) or none (white space). Unless given, "
        + "rouge_score, and unicode for rougeL_coco."))
  var rougeTokenize: ROUGE.Tokenizer?

  @Flag(help: "ROUGE: compare the stems of English words.")
  var rougeStemmer = false

  @Option(
    help: ArgumentHelp(
      "ROUGE: what stands for a line break in a line, such as '<n>': where rougeLsum parts sentences.",
      valueName: "text"))
  var rougeNewline: String?

  func validate() throws {
    if let mark = rougeNewline, mark.isEmpty || mark.contains(":") || mark.contains("|") {
      throw ValidationError(
        "--rouge-newline is '\(mark)'; it must be a text without ':' and '|', which signatures use."
      )
    }
  }

  /// The options that were given.
  var given: [String] {
    [
      (rougeTokenize != nil, "--rouge-tokenize"), (rougeStemmer, "--rouge-stemmer"),
      (rougeNewline != nil, "--rouge-newline"),
    ].compactMap { $0 ? $1 : nil }
  }

  func metric(_ variant: ROUGE.Variant) -> ROUGE {
    ROUGE(
      variant, tokenizer: rougeTokenize ?? .alphanumeric, usesStemmer: rougeStemmer,
      newlineMark: rougeNewline)
  }

  var coco: COCORougeL {
    COCORougeL(tokenizer: rougeTokenize ?? .unicode, usesStemmer: rougeStemmer)
  }
}
