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

  /// Answers pairs that were not trained on, and says how many of the answers are right.
  func write(on test: [TaskPair], _ write: (String) throws -> Void) throws {
    if let source = task.withheldSource {
      try write("\n\(source)  →  \(try answers(to: [source])[0])\n\n")
    }
    let answers = try answers(to: test.map(\.source))
    for (pair, answer) in zip(test, answers).prefix(5) {
      try write("\(pair.source)  →  \(answer)\n")
    }
    // Compared by bytes: equal strings in Swift may be composed differently.
    let mistakes = zip(test, answers).filter { Array($0.target.utf8) != Array($1.utf8) }
    try write("\(test.count - mistakes.count) of \(test.count) unseen \(noun) exactly right\n")
    for (pair, answer) in mistakes.prefix(3) {
      try write("  wrong: \(pair.source)  →  \(answer)  instead of  \(pair.target)\n")
    }
    try write(
      "\nTry it: echo \"\(task.withheldSource ?? test[0].source)\" | "
        + "\(CommandLine.arguments[0]) translate \(folder.relativePath)\n")
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
