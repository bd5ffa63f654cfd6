import Foundation
import SeqKit

/// Translates windows of lines and words the results.
struct LineTranslator {
  let translator: Translator
  let codec: TextCodec
  let format: AnswerFormat
  /// What picks and orders samples; nil leaves results as the search ranks them.
  let ranking: SampleRanking?
  /// What says which tokens belong together; nil when nobody asks.
  let aligner: Aligner?
  /// Whether alignments are part of the answer.
  let showsAlignments: Bool
  /// Whether attention is.
  let showsAttention: Bool
  /// What writes source words for unknown ones, with the aligner's help; nil leaves those.
  let replacement: UnknownReplacement?
  /// What every translation holds.
  let requiredPhrases: [[Int32]]
  /// Reads those that single lines require; nil where none do.
  let phraseReader: PhraseReader?

  /// Lines of the input with what was said about each of them elsewhere.
  struct Window {
    var firstLine: Int
    var lines: [[UInt8]]
    /// What each translation begins with; nil when nothing is given.
    var prefixes: [[UInt8]]?
    /// What each translation holds, between tabs; nil when nothing is given.
    var required: [[UInt8]]?
  }

  /// A line that can be searched for.
  private struct Entry {
    /// Its place in the window.
    var line: Int
    var request: SearchRequest
  }

  /// What was found for a line.
  private struct Found {
    /// Its place in the window.
    var line: Int
    var source: [Int32]
    var result: SearchResult
  }

  /// Why a line cannot be translated.
  private struct LineProblem: Error {
    var description: String

    init(_ description: String) { self.description = description }

    /// What a search has thrown because of this line.
    init(_ error: SearchError) { description = "cannot be translated: \(error.reason)" }
  }

  /// What the results look like, and a message for every line that has none.
  ///
  /// - Throws: What searching throws that is no single line's fault.
  func translate(_ window: Window) throws -> (text: String, failures: [String]) {
    var (entries, problems) = entries(of: window)
    let found: [Found]
    do {
      found = try search(entries)
    } catch let error as SearchError where error.sentence != nil {
      // Which batch the sentence is of is not said, so they are searched one after the other.
      found = try batches(of: entries).flatMap { try search(batch: $0, &problems) }
    }
    let answers = Dictionary(
      uniqueKeysWithValues: zip(found.map(\.line), try answers(to: found, of: window)))
    var text = ""
    for (index, line) in window.lines.enumerated() {
      text += try format.text(
        of: answers[index], line: line, number: window.firstLine + index,
        problem: problems[index])
    }
    return (text, messages(problems, of: window))
  }

  /// The same line by line, each written while it grows.
  ///
  /// - Returns: A message for every line without a translation.
  /// - Throws: What searching throws that is no single line's fault, and what `write` throws.
  func stream(_ window: Window, write: (String) throws -> Void) throws -> [String] {
    var (entries, problems) = entries(of: window)
    for (index, line) in window.lines.enumerated() {
      var answer: LineAnswer?
      var written = TargetTextStream(codec, words: codec.unknownWords(of: line))
      let number = window.firstLine + index
      if let entry = entries.first, entry.line == index {
        entries.removeFirst()
        do {
          try translator.forEachUpdate(of: entry.request) { update in
            switch update {
            case .certain(let tokens):
              let addition = written.addition(for: tokens)
              if !addition.isEmpty {
                try write(try format.text(ofAddition: addition, number: number))
              }
            case .result(let result):
              let found = Found(line: index, source: entry.request.source, result: result)
              answer = try answers(to: [found], of: window)[0]
            }
          }
        } catch let error as SearchError where error.sentence != nil {
          problems[index] = LineProblem(error).description
        }
      }
      switch format.format {
      case .text:
        let rest = answer.map { written.rest(of: $0.hypotheses[0].tokens) } ?? ""
        try write(AnswerFormat.oneLine(rest) + format.ending(of: answer, hypothesis: 0))
      case .jsonl:
        try write(
          try format.text(of: answer, line: line, number: number, problem: problems[index]))
      }
    }
    return messages(problems, of: window)
  }

  private func messages(_ problems: [Int: String], of window: Window) -> [String] {
    problems.sorted { $0.key < $1.key }.map { "line \(window.firstLine + $0.key): \($0.value)" }
  }

  // MARK: Requests

  /// The lines that can be searched for, and why others cannot; empty lines are neither.
  private func entries(of window: Window) -> (entries: [Entry], problems: [Int: String]) {
    var entries: [Entry] = []
    var problems: [Int: String] = [:]
    for (index, line) in window.lines.enumerated() where !codec.isEmptySource(line) {
      do throws(LineProblem) {
        var request = try request(line, prefix: window.prefixes?[index] ?? [])
        request.requiredPhrases =
          requiredPhrases + (try required(window.required?[index] ?? []))
        entries.append(Entry(line: index, request: request))
      } catch {
        problems[index] = error.description
      }
    }
    return (entries, problems)
  }

  private func request(_ line: [UInt8], prefix: [UInt8]) throws(LineProblem) -> SearchRequest {
    for (text, place) in [(line, ""), (prefix, "its prefix is ")]
    where String(validating: text, as: UTF8.self) == nil {
      throw LineProblem("\(place)not valid UTF-8; save the text as UTF-8")
    }
    let source = codec.encodeSource(line)
    let target = prefix.isEmpty ? [] : codec.encodeTarget(prefix, copyingFrom: line, source)
    let limit = min(translator.model.lengthLimit ?? .max, CorpusConfiguration.longestSentence)
    if source.count > limit {
      throw LineProblem("\(source.count) tokens, the model reads at most \(limit); split it")
    }
    // The decoder reads BOS first.
    if target.count + 1 > limit {
      throw LineProblem(
        "a prefix of \(target.count) tokens, the model writes at most \(limit - 1); shorten it")
    }
    return SearchRequest(source, prefix: target)
  }

  /// The phrases of one line of the file that requires them.
  private func required(
    _ line: [UInt8]
  ) throws(LineProblem) -> [[Int32]] {
    guard let reader = phraseReader else { return [] }
    var phrases: [[Int32]] = []
    for phrase in line.split(separator: UInt8(ascii: "\t")) {
      guard let text = String(validating: phrase, as: UTF8.self) else {
        throw LineProblem("what it must have is not valid UTF-8; save the text as UTF-8")
      }
      guard let tokens = reader.tokens(of: Array(phrase)) else {
        throw LineProblem("must have '\(text)', which is outside the vocabulary")
      }
      phrases.append(tokens)
    }
    return phrases
  }

  // MARK: Search

  private func search(_ entries: [Entry]) throws -> [Found] {
    zip(entries, try translator(entries.map(\.request))).map { entry, result in
      Found(line: entry.line, source: entry.request.source, result: result)
    }
  }

  /// The batches that the translator makes of the entries, each in its order.
  private func batches(of entries: [Entry]) -> [[Entry]] {
    translator.plan(for: entries.map(\.request)).batches.map { batch in batch.map { entries[$0] } }
  }

  /// Searches for the entries of one batch without those that spoil it, which get a problem.
  private func search(batch: [Entry], _ problems: inout [Int: String]) throws -> [Found] {
    var entries = batch
    while true {
      do {
        return try search(entries)
      } catch let error as SearchError {
        // The translator makes the same batch of them again: places in it are places here.
        guard let sentence = error.sentence else { throw error }
        problems[entries.remove(at: sentence).line] = LineProblem(error).description
      }
    }
  }

  // MARK: Answers

  private func answers(
    to found: [Found], of window: Window
  ) throws -> [LineAnswer] {
    var answers = found.map { found in
      let hypotheses =
        ranking?(found.result.hypotheses, codec) ?? found.result.hypotheses
      let words = codec.unknownWords(of: window.lines[found.line])
      return LineAnswer(
        source: found.source, words: words, hypotheses: hypotheses,
        texts: hypotheses.map { codec.decodeTarget($0.tokens, words: words) })
    }
    guard let aligner else { return answers }
    let pairs = answers.flatMap { answer in
      answer.hypotheses.map { TokenBatch.Pair(source: answer.source, target: $0.tokens) }
    }
    var links = try aligner(pairs)[...]
    var weights = showsAttention ? try aligner.weights(pairs)[...] : []
    for index in answers.indices {
      let count = answers[index].hypotheses.count
      let own = Array(links.prefix(count))
      links = links.dropFirst(count)
      if showsAlignments { answers[index].links = own }
      if showsAttention {
        answers[index].attention = Array(weights.prefix(count))
        weights = weights.dropFirst(count)
      }
      guard let replacement else { continue }
      answers[index].texts = zip(answers[index].hypotheses, own).map {
        replacement.text(of: $0.tokens, links: $1, source: window.lines[found[index].line])
      }
    }
    return answers
  }
}
