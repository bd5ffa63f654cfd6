import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq align`: which words of given translations belong to which of their sources.
struct AlignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "align",
    abstract: "Print which words of given translations belong to which of their sources.",
    discussion: """
      A line for every pair, a link for every word: 0-1 says that the second word of the target was \
      written from the first of the source. Words are what stands between spaces, of a model \
      that reads subwords too. The model is made to write the target and looked at: the last layer \
      but one of a Transformer, or the weights of copying.

        seq2seq align runs/en-de --source test.en --target test.de > test.links
        seq2seq evaluate --metric aer --hypothesis test.links --reference gold.links
      """)

  @Argument(help: ArgumentHelp("The directory of a trained model.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Source text.", valueName: "file"))
  var source: String

  @Option(help: ArgumentHelp("Target text, as many lines.", valueName: "file"))
  var target: String

  @OptionGroup var threads: WorkerOptions

  /// Pairs aligned together.
  private static let windowSize = 4096

  func run() throws {
    try reportingErrors {
      let loaded = try ModelDirectory.load(URL(fileURLWithPath: model))
      guard loaded.model.configuration.attendsToSource else {
        throw ValidationError("\(model): a model without attention looks at no word.")
      }
      let aligner = try Aligner(
        loaded, pool: ComputePool(workerCount: threads.count, store: loaded.model.store))
      let reader = try PairReader(.parallel(source: source, target: target))
      try withOutput(nil) { write in
        var window: [TokenBatch.Pair] = []
        func flush() throws {
          let links = try aligner(window)
          try write(
            zip(window, links).map { pair, links in
              let words = loaded.codec.wordLinks(
                of: links, source: pair.source, target: pair.target)
              return words.map(\.description).joined(separator: " ") + "\n"
            }.joined())
          window = []
        }
        while let entry = try reader.next() {
          guard case .pair(let pair) = entry else {
            guard case .malformed(let number, let reason) = entry else { continue }
            throw TextError(.badData, file: source, line: number, found: reason)
          }
          window.append(try loaded.ids(of: pair, in: (source, target)))
          if window.count == Self.windowSize { try flush() }
        }
        try flush()
      }
    }
  }
}
