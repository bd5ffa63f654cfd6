import ArgumentParser
import Foundation
import SeqKit

/// Files of sentence pairs that a model is examined on.
struct PairOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Source sentences, one a line.", valueName: "file"))
  var source: String?

  @Option(help: ArgumentHelp("Target sentences, as many lines.", valueName: "file"))
  var target: String?

  @Option(help: ArgumentHelp("Both, tab-separated, instead.", valueName: "file"))
  var pairs: String?

  @Option(help: ArgumentHelp("The column of --pairs with sources, from 1.", valueName: "column"))
  var sourceColumn = 1

  @Option(help: ArgumentHelp("The column of --pairs with targets, from 1.", valueName: "column"))
  var targetColumn = 2

  func validate() throws {
    switch (source, target, pairs) {
    case (.some, .some, nil), (nil, nil, .some): break
    default: throw ValidationError("Give --source and --target, or --pairs.")
    }
    try checkStandardInput(source: source, target: target)
    if min(sourceColumn, targetColumn) < 1 || sourceColumn == targetColumn {
      throw ValidationError("--source-column and --target-column are different numbers from 1.")
    }
  }

  /// All pairs, in the order of the files, but for those with an empty side.
  ///
  /// - Throws: ``TextError`` for what cannot be read, and when there is no pair.
  func read() throws -> [TextPair] {
    let files: CorpusConfiguration.Source =
      pairs.map { .table(pairs: $0, sourceColumn: sourceColumn, targetColumn: targetColumn) }
      ?? .parallel(source: source ?? "", target: target ?? "")
    let reader = try PairReader(files)
    var found: [TextPair] = []
    var emptyCount = 0
    while let pair = try reader.nextPair() {
      if pair.source.isEmpty || pair.target.isEmpty {
        emptyCount += 1
      } else {
        found.append(pair)
      }
    }
    if emptyCount > 0 { Console.note("left out: \(emptyCount) pairs with an empty side") }
    guard !found.isEmpty else {
      throw TextError(
        .badData, file: files.paths[0], found: "no pair", expected: "at least one with both sides")
    }
    return found
  }

  /// The file that a message about a side of a pair names.
  var names: (source: String, target: String) { (source ?? pairs ?? "", target ?? pairs ?? "") }
}

/// Refuses the standard input as both sides of a corpus.
func checkStandardInput(source: String?, target: String?) throws(ValidationError) {
  if source == "-", target == "-" {
    throw ValidationError("Only one of --source and --target can be the standard input.")
  }
}

extension ModelDirectory {
  /// Calls `body` with the pairs of two files, some thousand at a time.
  ///
  /// - Throws: ``TextError`` when a file cannot be read, has fewer lines than the other or a line
  ///   that is no text, or has one that is too long for the model; what `body` throws.
  func forEachWindow(
    source: String, target: String,
    _ body: ([(text: TextPair, ids: TokenBatch.Pair)]) throws -> Void
  ) throws {
    let reader = try PairReader(.parallel(source: source, target: target))
    var window: [(text: TextPair, ids: TokenBatch.Pair)] = []
    while let pair = try reader.nextPair() {
      window.append((pair, try ids(of: pair, in: (source, target))))
      if window.count == 4096 {
        try body(window)
        window = []
      }
    }
    try body(window)
  }

  /// The ids of a pair, if the model can read so many.
  ///
  /// - Throws: ``TextError`` that names the file, when they are too many.
  func ids(
    of pair: TextPair, in files: (source: String, target: String)
  ) throws(TextError) -> TokenBatch.Pair {
    let source = codec.encodeSource(pair.source)
    let ids = TokenBatch.Pair(
      source: source,
      target: codec.encodeTarget(pair.target, copyingFrom: pair.source, source))
    let limit = min(model.lengthLimit ?? .max, CorpusConfiguration.longestSentence)
    // The decoder reads BOS before the target.
    for (file, count) in [(files.source, ids.source.count), (files.target, ids.target.count + 1)]
    where count > limit {
      throw TextError(
        .badData, file: file, line: pair.line, found: "\(count) tokens with the special ones",
        expected: "at most \(limit), the most the model reads", hint: "Split the line.")
    }
    return ids
  }
}
