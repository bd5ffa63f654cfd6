import Foundation
import SeqKit

/// Translates windows of lines and words the results.
struct LineTranslator {
  let translator: Translator
  let codec: TextCodec
  let format: TranslateCommand.OutputFormat
  let nBest: Int

  /// What the results look like, and a message for every line that has none.
  func translate(_ lines: [[UInt8]], firstLine: Int) throws -> (text: String, failures: [String]) {
    var problems: [Int: String] = [:]
    var sources: [(line: Int, ids: [Int32])] = []
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if String(validating: line, as: UTF8.self) == nil {
        problems[index] = "not valid UTF-8; save the text as UTF-8"
        continue
      }
      let ids = codec.encodeSource(line)
      let limit = min(
        translator.model.lengthLimit ?? .max, CorpusConfiguration.longestSentence)
      if ids.count > limit {
        problems[index] = "\(ids.count) tokens, the model reads at most \(limit); split it"
        continue
      }
      sources.append((index, ids))
    }
    var results: [Int: SearchResult] = [:]
    do {
      for (source, result) in zip(sources, try translator(sources.map(\.ids))) {
        results[source.line] = result
      }
    } catch {
      // One sentence may have spoilt its batch: the others are saved by going one by one.
      for source in sources {
        do { results[source.line] = try translator([source.ids])[0] } catch {
          problems[source.line] = "cannot be translated: \(error)"
        }
      }
    }
    var text = ""
    for (index, line) in lines.enumerated() {
      switch format {
      case .text: text += plain(results[index], number: firstLine + index)
      case .jsonl:
        text += try json(
          Substring(decoding: line, as: UTF8.self), results[index], problem: problems[index])
      }
    }
    let failures = problems.sorted { $0.key < $1.key }.map {
      "line \(firstLine + $0.key): \($0.value)"
    }
    return (text, failures)
  }

  /// One line; for n-best lists one line a hypothesis, `number ||| translation ||| score`.
  private func plain(_ result: SearchResult?, number: Int) -> String {
    guard nBest > 1 else {
      return (result.map { oneLine($0.best.tokens) } ?? "") + "\n"
    }
    guard let result else { return "\(number) |||  ||| \n" }
    return result.hypotheses.map {
      "\(number) ||| \(oneLine($0.tokens)) ||| \($0.score)\n"
    }.joined()
  }

  /// A translation keeps to its line whatever its tokens spell.
  private func oneLine(_ tokens: [Int32]) -> String {
    String(
      String.UnicodeScalarView(
        codec.decodeTarget(tokens).unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
  }

  private struct Line: Encodable {
    var source: String
    var translation: String?
    var score: Double?
    var tokens: [String]?
    var nBest: [Alternative]?
    var stopReason: StopReason?
    var error: String?

    enum CodingKeys: String, CodingKey {
      case source, translation, score, tokens, error
      case nBest = "n_best"
      case stopReason = "stop_reason"
    }
  }

  private struct Alternative: Encodable {
    var translation: String
    var score: Double
    var tokens: [String]
  }

  private func json(_ source: Substring, _ result: SearchResult?, problem: String?) throws -> String
  {
    func pieces(_ tokens: [Int32]) -> [String] {
      tokens.map { String(decoding: codec.target.vocabulary.pieces[Int($0)], as: UTF8.self) }
    }
    var line = Line(source: String(source))
    if let result {
      let best = result.best
      line.translation = codec.decodeTarget(best.tokens)
      line.score = best.score
      line.tokens = pieces(best.tokens)
      line.stopReason = best.stopReason
      if nBest > 1 {
        line.nBest = result.hypotheses.map {
          Alternative(
            translation: codec.decodeTarget($0.tokens), score: $0.score, tokens: pieces($0.tokens))
        }
      }
    } else if let problem {
      line.error = problem
    } else {
      line.translation = ""
      line.tokens = []
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }
}
