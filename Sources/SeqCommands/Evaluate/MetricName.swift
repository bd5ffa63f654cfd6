public import ArgumentParser
public import SeqKit

/// The metrics there are, by the names of the command line.
enum MetricName: String, CaseIterable, ExpressibleByArgument {
  case bleu, chrf
  case chrfPlusPlus = "chrf++"
  case ter, rouge1, rouge2, rougeL, rougeLsum
  case rougeLCOCO = "rougeL_coco"
  case exactMatch = "exact_match"
  case wer, cer, per
  case aer

  /// Case, hyphens and underscores in a name do not matter: `rouge_l`, `rouge-L` and `rougeL`.
  init?(argument: String) {
    func plain(_ name: String) -> String {
      name.lowercased().filter { $0 != "_" && $0 != "-" }
    }
    guard let name = Self.allCases.first(where: { plain($0.rawValue) == plain(argument) }) else {
      return nil
    }
    self = name
  }

  /// The kind of metric whose options it reads.
  var family: Family {
    switch self {
    case .bleu: .bleu
    case .chrf, .chrfPlusPlus: .chrf
    case .ter: .ter
    case .rouge1, .rouge2, .rougeL, .rougeLsum, .rougeLCOCO: .rouge
    case .exactMatch, .wer, .cer, .per: .errors
    case .aer: .alignment
    }
  }

  /// Metrics with options of their own.
  enum Family {
    case bleu, chrf, ter, rouge, errors, alignment
  }
}

/// sacreBLEU's names for the smoothings.
enum SmoothMethod: String, CaseIterable, ExpressibleByArgument {
  case exp
  case floor
  case addK = "add-k"
  case none
}

extension BLEU.Tokenizer {
  /// The tokeniser of a name, sacreBLEU's or this toolkit's.
  ///
  /// - Throws: `ValidationError` for another, which says of those that need a dictionary or a model
  ///   what there is instead.
  init(argument: String) throws {
    if let tokenizer = Self(rawValue: argument) {
      self = tokenizer
      return
    }
    let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
    switch argument {
    case "ko": self = .koreanSyllables
    case "ko-mecab":
      throw ValidationError(
        "ko-mecab needs a dictionary, which is not part of the toolkit; ko-syllable and char do not."
      )
    case "ja-mecab", "ja":
      throw ValidationError(
        "\(argument) needs a dictionary, which is not part of the toolkit; char does not.")
    case "spm", "flores101", "flores200", "spBLEU-1K":
      throw ValidationError(
        "\(argument) needs a SentencePiece model, which is not part of the toolkit; encode both "
          + "sides with one (seq2seq tokenizer encode) and use none.")
    default: throw ValidationError("there is no tokenizer '\(argument)'; there are \(names).")
    }
  }
}

extension ROUGE.Tokenizer: ExpressibleByArgument {}
