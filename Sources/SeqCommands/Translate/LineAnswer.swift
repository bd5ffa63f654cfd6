import Foundation
import SeqKit

/// What is said of one line: its translations, best first, and what was asked for beside them.
struct LineAnswer {
  /// The source's ids, BOS and EOS included.
  var source: [Int32]
  /// The words that ids beyond the vocabulary stand for.
  var words: UnknownWords
  var hypotheses: [Hypothesis]
  /// The text of every hypothesis.
  var texts: [String]
  /// How the tokens of every hypothesis are aligned; nil unless asked for.
  var links: [[AlignmentLink]]?
  /// For every hypothesis a row of source weights for each token and EOS; nil unless asked for.
  var attention: [[[Float]]]?
}

/// Words answers as lines of text or JSON.
struct AnswerFormat {
  let codec: TextCodec
  let format: TranslateCommand.OutputFormat
  /// Whether all translations are printed, not the best alone.
  let isList: Bool

  /// The lines for an answer, the line's number counted from 1; for none, those of an empty line or
  /// one with a problem.
  func text(of answer: LineAnswer?, line: [UInt8], number: Int, problem: String?) throws -> String {
    switch format {
    case .text: plain(answer, number: number)
    case .jsonl: try json(line, answer, problem: problem)
    }
  }

  /// What is told of a translation on its way.
  func text(ofAddition addition: String, number: Int) throws -> String {
    switch format {
    case .text: Self.oneLine(addition)
    case .jsonl: try encoded(Addition(line: number, addition: addition))
    }
  }

  private struct Addition: Encodable {
    var line: Int
    var addition: String
  }

  /// One line; for n-best lists one line a hypothesis, `number ||| translation ||| score`; the
  /// alignment follows behind ` ||| ` where it is asked for.
  private func plain(_ answer: LineAnswer?, number: Int) -> String {
    guard let answer else { return isList ? "\(number) |||  ||| \n" : "\n" }
    guard isList else { return Self.oneLine(answer.texts[0]) + ending(of: answer, hypothesis: 0) }
    return answer.hypotheses.indices.map { index in
      "\(number) ||| \(Self.oneLine(answer.texts[index])) ||| "
        + "\(answer.hypotheses[index].score)" + ending(of: answer, hypothesis: index)
    }.joined()
  }

  /// What ends a line of text: the alignment where it is asked for, and the line break.
  func ending(of answer: LineAnswer?, hypothesis index: Int) -> String {
    guard let links = answer?.links else { return "\n" }
    return " ||| " + links[index].map(\.description).joined(separator: " ") + "\n"
  }

  /// A translation keeps to its line whatever its tokens spell.
  static func oneLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
  }

  private struct Line: Encodable {
    var source: String
    var translation: String?
    var score: Double?
    var tokens: [String]?
    var tokenLogProbabilities: [Float]?
    var sourceTokens: [String]?
    var alignment: [AlignmentLink]?
    var attention: [[Float]]?
    var nBest: [Alternative]?
    var stopReason: StopReason?
    var error: String?

    enum CodingKeys: String, CodingKey {
      case source, translation, score, tokens, alignment, attention, error
      case tokenLogProbabilities = "token_log_probabilities"
      case sourceTokens = "source_tokens"
      case nBest = "n_best"
      case stopReason = "stop_reason"
    }
  }

  private struct Alternative: Encodable {
    var translation: String
    var score: Double
    var tokens: [String]
    var tokenLogProbabilities: [Float]
    var alignment: [AlignmentLink]?
    var attention: [[Float]]?
    var stopReason: StopReason

    enum CodingKeys: String, CodingKey {
      case translation, score, tokens, alignment, attention
      case tokenLogProbabilities = "token_log_probabilities"
      case stopReason = "stop_reason"
    }
  }

  private func json(_ source: [UInt8], _ answer: LineAnswer?, problem: String?) throws -> String {
    var line = Line(source: String(decoding: source, as: UTF8.self))
    if let answer {
      let alternatives = zip(answer.hypotheses, answer.texts).enumerated().map { index, pair in
        Alternative(
          translation: pair.1, score: pair.0.score,
          tokens: codec.targetPieces(of: pair.0.tokens, words: answer.words),
          tokenLogProbabilities: pair.0.tokenLogProbabilities, alignment: answer.links?[index],
          attention: answer.attention?[index],
          stopReason: pair.0.stopReason)
      }
      let best = alternatives[0]
      line.translation = best.translation
      line.score = best.score
      line.tokens = best.tokens
      line.tokenLogProbabilities = best.tokenLogProbabilities
      line.stopReason = best.stopReason
      line.alignment = best.alignment
      line.attention = best.attention
      if answer.links != nil {
        line.sourceTokens = codec.sourcePieces(
          of: codec.textPlaces(of: answer.source).map { answer.source[$0] }, words: answer.words)
      }
      if isList { line.nBest = alternatives }
    } else if let problem {
      line.error = problem
    } else {
      line.translation = ""
      line.tokens = []
    }
    return try encoded(line)
  }

  private func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
