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

  @Argument(
    help: ArgumentHelp("The directory of a trained model, or a checkpoint.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Source text.", valueName: "file"))
  var source: String

  @Option(help: ArgumentHelp("Target text, as many lines.", valueName: "file"))
  var target: String

  @OptionGroup var beginning: FirstTokenOption

  @OptionGroup var threads: WorkerOptions

  func validate() throws { try checkStandardInput(source: source, target: target) }

  func run() throws {
    try reportingErrors {
      let loaded = try beginning.applied(
        to: ModelDirectory.load(URL(fileURLWithPath: model)))
      guard loaded.model.configuration.attendsToSource else {
        throw ValidationError("\(model): a model without attention looks at no word.")
      }
      let aligner = try Aligner(
        loaded, pool: ComputePool(workerCount: threads.count, store: loaded.model.store))
      try withOutput(nil) { write in
        try loaded.forEachWindow(source: source, target: target) { window in
          let links = try aligner(window.map(\.ids))
          try write(
            zip(window, links).map { pair, links in
              let words = loaded.codec.wordLinks(
                of: links, source: pair.ids.source, target: pair.ids.target)
              return words.map(\.description).joined(separator: " ") + "\n"
            }.joined())
        }
      }
    }
  }
}
