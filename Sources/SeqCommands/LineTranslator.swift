import Foundation
import SeqKit

/// Translates windows of lines and words the results.
struct LineTranslator {
  let translator: Translator
  let codec: TextCodec
  let format: TranslateCommand.OutputFormat
  let nBest: Int
  /// What says which tokens belong together; nil when nobody asks.
  let aligner: Aligner?

  /// A line as the search takes it.
  private struct Request {
    /// Its place in the window.
    var line: Int
    var source: [Int32]
    /// What its translation begins with.
    var prefix: [Int32]
  }

  /// What the results look like, and a message for every line that has none.
  ///
  /// `prefixes` are what each line's translation begins with; nil when nothing is given.
  func translate(_ lines: [[UInt8]], prefixes: [[UInt8]]? = nil, firstLine: Int) throws
    -> (text: String, failures: [String])
  {
    var problems: [Int: String] = [:]
    var requests: [Request] = []
    for (index, line) in lines.enumerated() where !line.isEmpty {
      do throws(LineProblem) {
        let (source, prefix) = try encode(line, prefix: prefixes?[index] ?? [])
        requests.append(Request(line: index, source: source, prefix: prefix))
      } catch {
        problems[index] = error.description
      }
    }
    var results: [Int: SearchResult] = [:]
    do {
      for (request, result) in zip(requests, try search(requests)) {
        results[request.line] = result
      }
    } catch {
      // One sentence may have spoilt its batch: the others are saved by going one by one.
      for request in requests {
        do { results[request.line] = try search([request])[0] } catch {
          problems[request.line] = "cannot be translated: \(error)"
        }
      }
    }
    let answers = try answers(to: requests, results)
    var text = ""
    for (index, line) in lines.enumerated() {
      switch format {
      case .text: text += plain(answers[index], number: firstLine + index)
      case .jsonl:
        text += try json(
          Substring(decoding: line, as: UTF8.self), answers[index], problem: problems[index])
      }
    }
    let failures = problems.sorted { $0.key < $1.key }.map {
      "line \(firstLine + $0.key): \($0.value)"
    }
    return (text, failures)
  }

  /// What is said of a line: its translations and, when asked for, how each is aligned.
  private struct Answer {
    var source: [Int32]
    var result: SearchResult
    /// For every hypothesis.
    var links: [[AlignmentLink]]?
  }

  private func answers(
    to requests: [Request], _ results: [Int: SearchResult]
  ) throws -> [Int: Answer] {
    let found = requests.compactMap { request in
      results[request.line].map { (request, $0) }
    }
    var answers: [Int: Answer] = [:]
    for (request, result) in found {
      answers[request.line] = Answer(source: request.source, result: result)
    }
    guard let aligner else { return answers }
    let pairs = found.flatMap { request, result in
      result.hypotheses.map { TokenBatch.Pair(source: request.source, target: $0.tokens) }
    }
    var links = try aligner(pairs)[...]
    for (request, result) in found {
      answers[request.line]?.links = Array(links.prefix(result.hypotheses.count))
      links = links.dropFirst(result.hypotheses.count)
    }
    return answers
  }

  private func search(_ requests: [Request]) throws -> [SearchResult] {
    try translator(requests.map(\.source), prefixes: requests.map(\.prefix))
  }

  /// Why a line cannot be translated.
  private struct LineProblem: Error {
    var description: String
  }

  private func encode(_ line: [UInt8], prefix: [UInt8]) throws(LineProblem)
    -> (source: [Int32], prefix: [Int32])
  {
    for text in [line, prefix] where String(validating: text, as: UTF8.self) == nil {
      let place = text == line ? "" : "its prefix is "
      throw LineProblem(description: "\(place)not valid UTF-8; save the text as UTF-8")
    }
    let source = codec.encodeSource(line)
    let target = codec.encodeTarget(prefix)
    if let limit = translator.model.lengthLimit {
      if source.count > limit {
        throw LineProblem(
          description: "\(source.count) tokens, the model reads at most \(limit); split it")
      }
      // The decoder reads BOS first.
      if target.count + 1 > limit {
        throw LineProblem(
          description:
            "a prefix of \(target.count) tokens, the model writes at most \(limit - 1); shorten it")
      }
    }
    return (source, target)
  }

  /// One line; for n-best lists one line a hypothesis, `number ||| translation ||| score`; the
  /// alignment follows behind ` ||| ` where it is asked for.
  private func plain(_ answer: Answer?, number: Int) -> String {
    guard let answer else { return nBest > 1 ? "\(number) |||  ||| \n" : "\n" }
    func alignment(_ index: Int) -> String {
      answer.links.map { " ||| " + $0[index].map(\.description).joined(separator: " ") } ?? ""
    }
    guard nBest > 1 else { return oneLine(answer.result.best.tokens) + alignment(0) + "\n" }
    return answer.result.hypotheses.enumerated().map { index, hypothesis in
      "\(number) ||| \(oneLine(hypothesis.tokens)) ||| \(hypothesis.score)\(alignment(index))\n"
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
    var sourceTokens: [String]?
    var alignment: [AlignmentLink]?
    var nBest: [Alternative]?
    var stopReason: StopReason?
    var error: String?

    enum CodingKeys: String, CodingKey {
      case source, translation, score, tokens, alignment, error
      case sourceTokens = "source_tokens"
      case nBest = "n_best"
      case stopReason = "stop_reason"
    }
  }

  private struct Alternative: Encodable {
    var translation: String
    var score: Double
    var tokens: [String]
    var alignment: [AlignmentLink]?
  }

  private func json(_ source: Substring, _ answer: Answer?, problem: String?) throws -> String {
    func pieces(_ tokens: some Sequence<Int32>, of vocabulary: Vocabulary? = nil) -> [String] {
      let vocabulary = vocabulary ?? codec.target.vocabulary
      return tokens.map { String(decoding: vocabulary.pieces[Int($0)], as: UTF8.self) }
    }
    var line = Line(source: String(source))
    if let answer {
      let result = answer.result
      let best = result.best
      line.translation = codec.decodeTarget(best.tokens)
      line.score = best.score
      line.tokens = pieces(best.tokens)
      line.stopReason = best.stopReason
      if let links = answer.links {
        line.alignment = links[0]
        line.sourceTokens = pieces(
          answer.source[codec.textRange(of: answer.source)], of: codec.source.vocabulary)
      }
      if nBest > 1 {
        line.nBest = result.hypotheses.enumerated().map { index, hypothesis in
          Alternative(
            translation: codec.decodeTarget(hypothesis.tokens), score: hypothesis.score,
            tokens: pieces(hypothesis.tokens), alignment: answer.links?[index])
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
