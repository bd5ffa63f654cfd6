import Foundation
import SeqKit

/// What a demonstration's model can do, for a person to read.
struct DemoReport {
  let task: BuiltInTask
  let folder: URL
  private let loaded: ModelDirectory
  private let translator: Translator

  init(_ task: BuiltInTask, folder: URL, workerCount: Int) throws {
    self.task = task
    self.folder = folder
    loaded = try ModelDirectory.load(folder)
    translator = try Translator(
      loaded.model,
      // Digits become words: a target may be many times as long as its source.
      options: SearchOptions(
        beamSize: 1, maximumLength: LengthLimit(perSourceToken: 8, constant: 50)),
      pool: ComputePool(workerCount: workerCount, store: loaded.model.store))
  }

  /// Answers pairs that were not trained on, says how many of the answers are right, and draws what
  /// the model looked at, here and in `attention.svg`.
  ///
  /// The style says how wide the output is and whether it has colours.
  func write(
    on test: [TaskPair], style: FigureOutput, _ write: (String) throws -> Void
  ) throws {
    let shown = task.withheldSource ?? test[0].source
    let ids = loaded.codec.encodeSource(Array(shown.utf8))
    let best = try translator([ids])[0].best.tokens
    try write("\n\(shown)  →  \(loaded.codec.decodeTarget(best))\n\n")
    let picture = SentenceAttention(loaded, source: ids, target: best).figure(.cross)
    try write(picture.terminal(width: style.width, color: style.terminalColor) + "\n")
    let file = folder.appendingPathComponent("attention.svg")
    try SeqCheckpoints.AtomicFile.write(Array(picture.svg().utf8), to: file.path)

    let answers = try answers(to: test.map(\.source))
    for (pair, answer) in zip(test, answers).filter({ $0.0.source != shown }).prefix(5) {
      try write("\(pair.source)  →  \(answer)\n")
    }
    // Compared by bytes: equal strings in Swift may be composed differently.
    let mistakes = zip(test, answers).filter { Array($0.target.utf8) != Array($1.utf8) }
    try write("\(test.count - mistakes.count) of \(test.count) unseen \(noun) exactly right\n")
    for (pair, answer) in mistakes.prefix(3) {
      try write("  wrong: \(pair.source)  →  \(answer)  instead of  \(pair.target)\n")
    }
    try write(
      """

      The picture above is in \(file.relativePath), the unseen \(noun) are in \
      \(folder.relativePath)/test.tsv.
      Try it: echo "\(shown)" | \(CommandLine.arguments[0]) translate \(folder.relativePath)

      """)
  }

  private func answers(to sources: [String]) throws -> [String] {
    try translator(sources.map { loaded.codec.encodeSource(Array($0.utf8)) })
      .map { loaded.codec.decodeTarget($0.best.tokens) }
  }

  private var noun: String {
    switch task {
    case .french: "sentences"
    case .dates: "dates"
    case .copy, .reverse, .append, .sort: "sequences"
    default: "numbers"
    }
  }
}
