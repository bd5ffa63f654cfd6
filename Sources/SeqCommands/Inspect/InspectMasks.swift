import ArgumentParser
import Foundation
import SeqKit

extension InspectCommand {
  /// `seq2seq inspect masks`: who may look at whom in a real batch.
  struct Masks: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "masks",
      abstract: "Draw the padding, causal and memory masks of a real batch.",
      discussion: """
        The batch is one that training with a configuration would see, or sentence pairs from two \
        files, cut into tokens by a model. Padding masks show whole sentences of the batch, the \
        others one pair of it: those of the encoder's window and paragraphs, if it has such, and of \
        the decoder. The columns of the memory mask are what the decoder attends to, tokens or, with \
        memory_compression, groups of tokens; latents have no padding and no mask.

        jsonl prints an object for every mask: its name, shape and values, in which true means \
        masked out.

          seq2seq inspect masks Examples/multi30k/transformer.yaml --batch 3
          seq2seq inspect masks runs/fr-en --source some.fr --target some.en --format svg \\
            --output masks.svg
        """)

    @Argument(
      help: ArgumentHelp(
        "A configuration, or the directory of a model.", valueName: "config.yaml|model"))
    var subject: String

    @Option(
      name: .customLong("set"), parsing: .singleValue,
      help: ArgumentHelp("Replaces a value of the configuration.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "The epoch of the configuration's batch, from 0.")
    var epoch = 0

    @Option(help: "The batch within its epoch, from 0.")
    var batch = 0

    @Option(help: ArgumentHelp("Source sentences, with a model.", valueName: "file"))
    var source: String?

    @Option(help: ArgumentHelp("Target sentences, as many lines.", valueName: "file"))
    var target: String?

    @Option(help: "Pairs of the batch that are drawn.")
    var pairs = 8

    @Option(help: "The pair, from 0, whose masks other than padding are drawn.")
    var pair = 0

    @OptionGroup var figure: FigureOutput

    func validate() throws {
      if epoch < 0 { throw ValidationError("--epoch must be at least 0.") }
      if batch < 0 { throw ValidationError("--batch must be at least 0.") }
      if pairs < 1 { throw ValidationError("--pairs must be at least 1.") }
      if !(0..<pairs ~= pair) {
        throw ValidationError("--pair is \(pair); it must be from 0 to \(pairs - 1).")
      }
      if (source == nil) != (target == nil) {
        throw ValidationError("--source and --target go together.")
      }
    }

    func run() throws {
      try reportingErrors {
        let (all, codec, model) =
          try source.map { try pairsOfFiles($0, target ?? "") } ?? trainingPairs()
        // The longest and the shortest of a bucket lie at its ends.
        let chosen = Self.spread(all, count: pairs)
        guard pair < chosen.count else {
          throw ValidationError("--pair is \(pair); the batch has \(chosen.count) pairs.")
        }
        let masks = BatchMasks(
          chosen, codec: codec, window: model.window,
          readsParagraphs: model.documentLayerCount != nil, memoryRows: model.memoryRows)
        let memory = masks.memory(pair: pair)
        if memory == nil {
          Console.note("no memory mask: the decoder attends to latents, which have no padding")
        }
        guard figure.format != .jsonl else { return try figure.write(masks.tensors) }
        let pictures: [(any Figure)?] = [
          masks.window(pair: pair), masks.paragraphs(pair: pair), masks.causal(pair: pair),
          masks.decoder(pair: pair), memory,
        ]
        try figure.draw(masks.padding + pictures.compactMap { $0 })
      }
    }

    /// So many of the pairs, evenly spread.
    private static func spread(_ pairs: [TokenBatch.Pair], count: Int) -> [TokenBatch.Pair] {
      guard pairs.count > count else { return pairs }
      return (0..<count).map { pairs[$0 * (pairs.count - 1) / max(count - 1, 1)] }
    }

    private func trainingPairs() throws -> ([TokenBatch.Pair], TextCodec, ModelConfiguration) {
      if isDirectory(subject) {
        throw ValidationError(
          "\(subject) is a directory: give --source and --target with a model, or a configuration.")
      }
      let configuration = try RunConfiguration(yamlFile: subject, settings: settings)
      let batches = try TrainingBatches(configuration)
      let count = try batches.data.batchCount(epoch: epoch)
      guard batch < count else {
        throw ValidationError("--batch is \(batch); epoch \(epoch) has \(count) batches, from 0.")
      }
      return (
        try batches.data.pairs(epoch: epoch, batch: batch), batches.codec, configuration.model
      )
    }

    private func pairsOfFiles(
      _ source: String, _ target: String
    ) throws -> ([TokenBatch.Pair], TextCodec, ModelConfiguration) {
      let directory = URL(fileURLWithPath: subject)
      let codec = try ModelDirectory.codec(of: directory)
      let reader = try PairReader(.parallel(source: source, target: target))
      var found: [TokenBatch.Pair] = []
      while found.count < pairs, let pair = try reader.nextPair() {
        found.append(
          TokenBatch.Pair(
            source: codec.encodeSource(pair.source), target: codec.encodeTarget(pair.target)))
      }
      guard !found.isEmpty else {
        throw TextError(
          .badData, file: source, found: "no line", expected: "at least one sentence")
      }
      return (found, codec, try ModelDirectory.configuration(of: directory).model)
    }
  }
}
