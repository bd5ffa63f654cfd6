import ArgumentParser
import Foundation
import SeqKit

extension InspectCommand {
  /// `seq2seq inspect batches`: what a training run would learn from, batch by batch.
  struct Batches: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "batches",
      abstract: "Show the very batches that training with a configuration would see.",
      discussion: """
        Nothing is trained and nothing is left behind, not even when Ctrl-C or SIGTERM ends it. After \
        the last batch of an epoch comes the first of the next.

        text draws how full the batches are and shows the tokens of the first pairs; svg draws \
        the same bars.

        jsonl prints an object for every batch: epoch and batch, both from 0; source, the \
        ids as the encoder reads them, EOS (and BOS, if the configuration says so) included; \
        target, the bare ids without BOS and EOS, which training puts around them: the decoder \
        reads BOS and the target, its labels are the target and EOS; source_tokens; and \
        target_tokens, the labels, EOS included.

          seq2seq inspect batches Examples/multi30k/transformer.yaml --count 20
        """)

    @Argument(help: ArgumentHelp("The configuration.", valueName: "config.yaml"))
    var config: String

    @Option(
      name: .customLong("set"), parsing: .singleValue,
      help: ArgumentHelp("Replaces a value of the configuration.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "The epoch to begin with, from 0.")
    var epoch = 0

    @Option(help: "Batches shown.")
    var count = 10

    @Option(help: "Pairs of the first batch whose tokens text shows.")
    var pairs = 5

    @OptionGroup var figure: FigureOutput

    func validate() throws {
      if epoch < 0 { throw ValidationError("--epoch must be at least 0.") }
      if count < 1 { throw ValidationError("--count must be at least 1.") }
      if pairs < 0 { throw ValidationError("--pairs must be at least 0.") }
    }

    func run() throws {
      try reportingErrors {
        let configuration = try RunConfiguration(yamlFile: config, settings: settings)
        guard figure.format == .jsonl else { return try draw(configuration) }
        let batches = try TrainingBatches(configuration)
        try withOutput(figure.output) { write in
          try batches.forEach(epoch: epoch, count: count) { epoch, batch, pairs in
            try write(try line(epoch, batch, pairs))
          }
        }
      }
    }

    private func draw(_ configuration: RunConfiguration) throws {
      let (summaries, first, codec) = try summaries(of: configuration)
      try figure.draw(BatchSummary.figures(summaries)) {
        first.map { pair in
          let tokens = BatchSummary.tokens(of: pair, codec: codec)
          return "\n" + tokens.source.joined(separator: " ") + "\n  → "
            + tokens.target.joined(separator: " ") + "\n"
        }.joined()
      }
    }

    /// The batches' sizes, and the first pairs of the first.
    private func summaries(
      of configuration: RunConfiguration
    ) throws -> (all: [BatchSummary], first: [TokenBatch.Pair], codec: TextCodec) {
      let batches = try TrainingBatches(configuration)
      var summaries: [BatchSummary] = []
      var first: [TokenBatch.Pair] = []
      try batches.forEach(epoch: epoch, count: count) { epoch, batch, pairs in
        summaries.append(BatchSummary(epoch: epoch, batch: batch, pairs: pairs))
        if first.isEmpty { first = Array(pairs.prefix(self.pairs)) }
      }
      return (summaries, first, batches.codec)
    }

    private struct Line: Encodable {
      var epoch: Int
      var batch: Int
      var source: [[Int32]]
      var target: [[Int32]]
      var sourceTokens: Int
      var targetTokens: Int

      enum CodingKeys: String, CodingKey {
        case epoch, batch, source, target
        case sourceTokens = "source_tokens"
        case targetTokens = "target_tokens"
      }
    }

    private func line(_ epoch: Int, _ batch: Int, _ pairs: [TokenBatch.Pair]) throws -> String {
      let line = Line(
        epoch: epoch, batch: batch, source: pairs.map(\.source), target: pairs.map(\.target),
        sourceTokens: pairs.reduce(0) { $0 + $1.source.count },
        targetTokens: pairs.reduce(0) { $0 + $1.target.count + 1 })
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
    }
  }
}
