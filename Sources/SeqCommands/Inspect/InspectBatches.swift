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
        Nothing is trained and nothing is left behind. After the last batch of an epoch comes the \
        first of the next.

        --format jsonl prints an object for every batch: epoch and batch, both from 0; source, the \
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

    @Option(help: "jsonl.")
    var format: Format = .jsonl

    @Option(help: ArgumentHelp("Where it goes, written when complete.", valueName: "file"))
    var output: String?

    enum Format: String, CaseIterable, ExpressibleByArgument {
      case jsonl
    }

    func validate() throws {
      if epoch < 0 { throw ValidationError("--epoch must be at least 0.") }
      if count < 1 { throw ValidationError("--count must be at least 1.") }
    }

    func run() throws {
      try reportingErrors {
        let configuration = try RunConfiguration(yamlFile: config, settings: settings)
        let batches = try TrainingBatches(configuration)
        try withOutput(output) { write in
          try batches.forEach(epoch: epoch, count: count) { epoch, batch, pairs in
            try write(try line(epoch, batch, pairs))
          }
        }
      }
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
