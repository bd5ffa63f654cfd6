import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq doctor`: proves the ten rules of masks on a model.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Prove the ten rules of masks, shifts and caches on a model.",
    discussion: """
      Every rule is examined on small random batches: what must not count is changed and nothing may \
      change, its gradient must be exactly zero, and attention must stay where it may look. A rule \
      has a line: ✓ proven, ✗ broken, – not examined or not applicable, and why. What is broken \
      follows with the layer, the sentence and the position where it shows, and what usually \
      causes it.

       1  changing a padding token changes nothing
       2  more padding, another batch, another order change nothing
       3  target position t never sees t+1 and later
       4  the encoder sees both ways
       5  cross-attention ignores padding of the source
       6  padding adds nothing to the loss or its gradient
       7  input and labels are shifted by one, and EOS is learned
       8  a row with everything masked gives finite numbers
       9  attention sums to one over allowed keys, to zero over none
      10  cached decoding equals the full forward pass

      Rules 1, 2, 3, 9 and 10 are examined on a longer sentence too, of 40 tokens or as many as it \
      takes to leave the encoder's window and the distances it tells apart, at most 160; a line before \
      the last says what was not reached. A model that was quantized is examined by them, and by rule \
      8, in its own numbers besides float32.

      A configuration is examined as the untrained model that it describes; no corpus is read. The \
      exit status is 1 when a rule is broken, 0 otherwise.

        seq2seq doctor runs/fr-en
        seq2seq doctor Examples/multi30k/transformer.yaml --seed 7 --format json
      """)

  @Argument(
    help: ArgumentHelp(
      "The directory of a model, a checkpoint, or a configuration.", valueName: "model|config.yaml")
  )
  var subject: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Replaces a value of the configuration.", valueName: "key=value"))
  var settings: [String] = []

  @Option(help: "What batches, and the parameters of an untrained model, are drawn from.")
  var seed: UInt64 = 1

  @Option(help: "text for people, json for programs.")
  var format: Format = .text

  @Flag(help: "The same as --format json.")
  var json = false

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  func validate() throws {
    if isDirectory(subject), !settings.isEmpty {
      throw ValidationError("--set has no meaning with a model; it changes a configuration.")
    }
  }

  func run() throws {
    try reportingErrors {
      let model =
        isDirectory(subject)
        ? try ModelDirectory.load(URL(fileURLWithPath: subject)).model : try untrainedModel()
      let report = try Doctor(seed: seed).examine(PaddedModel(model), name: subject)
      try withOutput(nil) { write in
        try write(json || format == .json ? jsonText(report) : report.text)
      }
      if report.exitCode != .success { throw report.exitCode }
    }
  }

  private func jsonText(_ report: DoctorReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
  }

  /// The ids of a side where the configuration does not say how many there are.
  private static let defaultVocabularySize = 64

  private func untrainedModel() throws -> any EncoderDecoder {
    let configuration = try RunConfiguration(yamlFile: subject, settings: settings)
    let known = configuration.tokenizer.trainedVocabularySize
    let size = known ?? Self.defaultVocabularySize
    if known == nil {
      Console.note(
        "the vocabulary depends on the corpus, which is not read: examined with \(size) ids")
    }
    let sizes = VocabularySizes(source: size, target: size)
    let problems = configuration.model.problems(vocabularies: sizes)
    guard problems.isEmpty else {
      throw TextError(
        .configuration, file: subject, found: problems.joined(separator: "; "))
    }
    return configuration.model.model(vocabularies: sizes, seed: seed)
  }
}

extension TokenizerConfiguration {
  /// The number of ids where training the tokenizer cannot end with another.
  fileprivate var trainedVocabularySize: Int? {
    targetType == nil && [.bpe, .unigram].contains(type) ? vocabularySize : nil
  }
}
