import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq score`: how likely a model finds given translations.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Print the log-probability of given translations, one a line.",
    discussion: """
      The figure is the natural logarithm of the probability of the target and its end, summed \
      over tokens. A summary with the perplexity goes to standard error.

        seq2seq score runs/en-de --source test.en --target test.de
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

  @Option(help: "text, or jsonl with every token and its log-probability.")
  var format: TranslateCommand.OutputFormat = .text

  func validate() throws {
    try checkStandardInput(source: source, target: target)
  }

  func run() throws {
    try reportingErrors {
      let loaded = try beginning.applied(
        to: ModelDirectory.load(URL(fileURLWithPath: model)))
      let scorer = Scorer(
        loaded.model, pool: ComputePool(workerCount: threads.count, store: loaded.model.store))
      var total = (logProbability: 0.0, tokens: 0)
      try withOutput(nil) { write in
        try loaded.forEachWindow(source: source, target: target) { window in
          let scores = try scorer(window.map(\.ids))
          var text = ""
          for ((pair, ids), tokens) in zip(window, scores) {
            let sum = tokens.reduce(0.0) { $0 + Double($1) }
            total.logProbability += sum
            total.tokens += tokens.count
            text += try line(pair, sum, tokens, pieces(ids.target, pair.source, loaded.codec))
          }
          try write(text)
        }
      }
      let perToken = total.logProbability / Double(max(total.tokens, 1))
      Console.note(
        String(
          format: "%d target tokens, log-probability %.4f, per token %.4f, perplexity %.3f",
          total.tokens, total.logProbability, perToken, exp(-perToken)))
    }
  }

  private struct Line: Encodable {
    var source: String
    var target: String
    var score: Double
    /// The target's pieces and the end's name, as many as there are log-probabilities.
    var tokens: [String]
    var tokenLogProbabilities: [Float]

    enum CodingKeys: String, CodingKey {
      case source, target, score, tokens
      case tokenLogProbabilities = "token_log_probabilities"
    }
  }

  /// The pieces of the target and of the EOS that follows it.
  private func pieces(_ target: [Int32], _ source: [UInt8], _ codec: TextCodec) -> [String] {
    codec.targetPieces(
      of: target + [codec.target.vocabulary.specialTokens.end],
      words: codec.unknownWords(of: source))
  }

  private func line(
    _ pair: TextPair, _ sum: Double, _ tokens: [Float], _ pieces: @autoclosure () -> [String]
  ) throws -> String {
    guard format == .jsonl else { return "\(sum)\n" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(
      source: String(decoding: pair.source, as: UTF8.self),
      target: String(decoding: pair.target, as: UTF8.self), score: sum,
      tokens: pieces(), tokenLogProbabilities: tokens)
    return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }
}
