import Foundation

/// Reads sentence pairs one by one from parallel files, a table, JSON Lines, or a built-in task.
///
/// Memory is that of one pair. A pair that cannot be used is handed out as malformed, with the
/// reason; only what makes the whole corpus doubtful is an error.
public final class PairReader {
  /// A pair, or why a line is none.
  public enum Entry: Hashable, Sendable {
    case pair(TextPair)
    case malformed(line: Int, reason: String)
  }

  private enum Input {
    case parallel(LineReader, LineReader)
    case table(LineReader, sourceColumn: Int, targetColumn: Int)
    case jsonLines(LineReader, JSONPairDecoder)
    case task(TaskPairReader)
  }

  /// The files read, source first.
  public let paths: [String]
  private let input: Input
  /// The file of the last malformed entry, of parallel files that of the side at fault.
  private var malformedPath: String?
  private let isInterrupted: () -> Bool
  /// Pairs read between two questions whether to stop.
  private static let questionInterval = 256
  private var untilQuestion = 0

  /// Opens the files.
  ///
  /// - Parameters:
  ///   - source: the files and their layout.
  ///   - root: the folder that relative paths start from.
  ///   - paragraphSeparator: what to put between the paragraphs of a source that JSON Lines give as a
  ///     list; nil takes no lists.
  ///   - isInterrupted: asked now and then while reading; when true, reading stops with an error of
  ///     kind ``TextError/Kind/interrupted``.
  /// - Throws: ``TextError`` when a file cannot be opened, a column number is below 1, source and
  ///   target are both the standard input, or a task has not as many pairs as are wanted.
  public init(
    _ source: CorpusConfiguration.Source, root: String = ".", paragraphSeparator: String? = nil,
    isInterrupted: @escaping () -> Bool = { false }
  ) throws(TextError) {
    self.isInterrupted = isInterrupted
    let resolved = source.resolved(root: root)
    paths = resolved.paths
    malformedPath = resolved.paths.first
    try source.checkStandardInput()
    switch resolved {
    case .parallel(let source, let target):
      input = .parallel(try LineReader(path: source), try LineReader(path: target))
    case .table(let pairs, let sourceColumn, let targetColumn):
      if min(sourceColumn, targetColumn) < 1 {
        throw TextError(
          .configuration, file: pairs,
          found: "columns \(sourceColumn) and \(targetColumn)",
          expected: "column numbers counted from 1")
      }
      input = .table(
        try LineReader(path: pairs), sourceColumn: sourceColumn, targetColumn: targetColumn)
    case .jsonLines(let pairs, let sourceKey, let targetKey):
      input = .jsonLines(
        try LineReader(path: pairs),
        JSONPairDecoder(
          sourceKey: sourceKey, targetKey: targetKey, paragraphSeparator: paragraphSeparator))
    case .task(let task, let fold, let pairCount, let seed, let maxLength):
      input = .task(
        TaskPairReader(
          try task.pairs(fold, count: pairCount, seed: seed, maxLength: maxLength)))
    }
  }

  /// The next pair, nil after the last.
  ///
  /// - Throws: ``TextError`` when reading fails, parallel files have different numbers of lines,
  ///   a task's fold has no more pairs, or whoever opened the reader wants it to stop.
  public func next() throws(TextError) -> Entry? {
    if untilQuestion == 0 {
      if isInterrupted() {
        throw TextError(.interrupted, file: paths.first, found: "reading was interrupted")
      }
      untilQuestion = Self.questionInterval
    }
    untilQuestion -= 1
    switch input {
    case .parallel(let sources, let targets):
      let source = try sources.next()
      let target = try targets.next()
      guard let source, let target else {
        if source == nil, target == nil { return nil }
        throw try unequalLineCounts(sources, targets)
      }
      return checked(TextPair(line: sources.lineNumber, source: source, target: target))
    case .table(let lines, let sourceColumn, let targetColumn):
      guard let line = try lines.next() else { return nil }
      let columns = line.split(separator: 0x09, omittingEmptySubsequences: false)
      let needed = max(sourceColumn, targetColumn)
      // An empty line is an empty pair, not a short row.
      if columns.count < needed, !line.isEmpty {
        return .malformed(
          line: lines.lineNumber,
          reason: columns.count == 1
            ? "no tab, where \(needed) columns are needed"
            : "\(columns.count) tab-separated columns where \(needed) are needed")
      }
      return checked(
        TextPair(
          line: lines.lineNumber, source: line.isEmpty ? [] : Array(columns[sourceColumn - 1]),
          target: line.isEmpty ? [] : Array(columns[targetColumn - 1])))
    case .jsonLines(let lines, let decoder):
      guard let line = try lines.next() else { return nil }
      if line.isEmpty { return .pair(TextPair(line: lines.lineNumber, source: [], target: [])) }
      return decoder.decode(line, number: lines.lineNumber)
    case .task(let reader): return try reader.next().map { .pair($0) }
    }
  }

  /// The next pair, nil after the last, for those who cannot do without a line.
  ///
  /// - Throws: As ``next()``, and ``TextError`` that names file and line of a malformed entry.
  public func nextPair() throws(TextError) -> TextPair? {
    guard let entry = try next() else { return nil }
    switch entry {
    case .pair(let pair): return pair
    case .malformed(let line, let reason):
      throw TextError(.badData, file: malformedPath, line: line, found: reason)
    }
  }

  private func checked(_ pair: TextPair) -> Entry {
    for (name, text, path) in [
      ("source", pair.source, paths.first), ("target", pair.target, paths.last),
    ] {
      if let offset = text.withUnsafeBufferPointer({ $0.invalidUTF8Offset }) {
        malformedPath = path
        return .malformed(line: pair.line, reason: "the \(name) is not UTF-8 at byte \(offset + 1)")
      }
    }
    return .pair(pair)
  }

  /// Reads the longer file to its end, so that the error can name both counts.
  private func unequalLineCounts(
    _ sources: LineReader, _ targets: LineReader
  ) throws(TextError) -> TextError {
    while try sources.next() != nil {}
    while try targets.next() != nil {}
    return TextError(
      .badData, file: sources.path, line: min(sources.lineNumber, targets.lineNumber) + 1,
      found: "the files have different numbers of lines: \(sources.path) has "
        + "\(sources.lineNumber), \(targets.path) has \(targets.lineNumber)",
      expected: "one target line for every source line")
  }
}

/// Takes two strings out of a JSON object; the source may be a list of them, which are its paragraphs.
private struct JSONPairDecoder {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// The two strings; which keys they are under comes with the decoder.
  private struct Pair: Decodable {
    static let keys = CodingUserInfoKey(rawValue: "keys")

    var source: Source
    var target: String

    enum Source {
      case text(String)
      case paragraphs([String])
    }

    init(from decoder: any Decoder) throws {
      let keys = Pair.keys.flatMap { decoder.userInfo[$0] as? [String] } ?? []
      let container = try decoder.container(keyedBy: Key.self)
      do {
        source = .text(try container.decode(String.self, forKey: Key(keys[0])))
      } catch let DecodingError.typeMismatch(type, context) {
        guard let list = try? container.decode([String].self, forKey: Key(keys[0])) else {
          throw DecodingError.typeMismatch(type, context)
        }
        source = .paragraphs(list)
      }
      target = try container.decode(String.self, forKey: Key(keys[1]))
    }
  }

  private let decoder = JSONDecoder()
  private let sourceKey: String
  private let paragraphSeparator: String?

  init(sourceKey: String, targetKey: String, paragraphSeparator: String?) {
    self.sourceKey = sourceKey
    self.paragraphSeparator = paragraphSeparator
    if let key = Pair.keys { decoder.userInfo[key] = [sourceKey, targetKey] }
  }

  func decode(_ line: [UInt8], number: Int) -> PairReader.Entry {
    do {
      let pair = try decoder.decode(Pair.self, from: Data(line))
      let target = Array(pair.target.utf8)
      switch pair.source {
      case .text(let text):
        return .pair(TextPair(line: number, source: Array(text.utf8), target: target))
      case .paragraphs(let list):
        guard let separator = paragraphSeparator else {
          return .malformed(
            line: number,
            reason: "the value of '\(sourceKey)' is a list, as of paragraphs, which needs "
              + "tokenizer.paragraph_separator")
        }
        let paragraphs = list.map { Array($0.utf8) }
        let source = ParagraphText.joined(paragraphs, separator: separator)
        guard
          paragraphs.isEmpty
            || ParagraphText.paragraphs(of: source, separator: separator) == paragraphs
        else {
          return .malformed(
            line: number,
            reason: "a paragraph of '\(sourceKey)' holds '\(separator)', what stands between two")
        }
        return .pair(TextPair(line: number, source: source, target: target))
      }
    } catch DecodingError.keyNotFound(let key, _) {
      return .malformed(line: number, reason: "the object has no key '\(key.stringValue)'")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context)
    {
      let key = context.codingPath.last?.stringValue
      return .malformed(
        line: number, reason: key.map { "the value of '\($0)' is no string" } ?? "no JSON object")
    } catch {
      return .malformed(line: number, reason: "not JSON")
    }
  }
}
