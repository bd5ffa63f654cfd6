import ArgumentParser
import SeqKit

/// What must, may and must not come in translations.
struct ConstraintFlags: ParsableArguments {
  @Option(
    name: .customLong("no-repeat-ngram"),
    help: ArgumentHelp("Say no sequence of so many tokens twice.", valueName: "tokens"))
  var noRepeatNGram: Int?

  @Option(
    help: ArgumentHelp(
      "Multiply the log-probability of tokens said already; above 1 against repetition (default: "
        + "what the model says, or 1).",
      valueName: "factor"))
  var repetitionPenalty: Double?

  @Option(
    help: ArgumentHelp(
      "Words and phrases whose tokens must not come one after the other.", valueName: "file"))
  var forbid: String?

  @Option(
    help: ArgumentHelp("Words and phrases that every translation has.", valueName: "file"))
  var require: String?

  @Option(
    help: ArgumentHelp(
      "For each line of the input the words and phrases it must have, between tabs.",
      valueName: "file"))
  var requireLines: String?

  @Option(help: ArgumentHelp("What the translations begin with.", valueName: "file"))
  var prefix: String?

  @Flag(help: "Write the source word that was looked at instead of an unknown one.")
  var replaceUnknown = false

  func validate() throws {
    if let noRepeatNGram, noRepeatNGram < 1 {
      throw ValidationError("--no-repeat-ngram must be at least 1.")
    }
    if let repetitionPenalty, !(repetitionPenalty > 0 && repetitionPenalty.isFinite) {
      throw ValidationError("--repetition-penalty must be a number above 0.")
    }
  }

  /// The files that may be standard input.
  var files: [String?] { [forbid, require, requireLines, prefix] }

  /// The rules of the flags, and what a model's makers demand.
  func processors(
    _ codec: TextCodec, _ generation: GenerationSettings?
  ) throws -> [any ScoreProcessor] {
    var processors: [any ScoreProcessor] = []
    let penalty = repetitionPenalty ?? generation?.repetitionPenalty ?? 1
    if penalty != 1 { processors.append(RepetitionPenalty(factor: Float(penalty))) }
    if let size = noRepeatNGram ?? generation?.noRepeatNGram {
      processors.append(NoRepeatNGram(size: size))
    }
    if let forbid {
      processors.append(
        ForbiddenPhrases(try PhraseFile(path: forbid, codec: codec, unknown: .passedOver).phrases))
    }
    return processors + (generation?.demands ?? [])
  }

  /// What writes source words for unknown ones; nil if nothing does.
  func replacement(_ codec: TextCodec) throws -> UnknownReplacement? {
    guard replaceUnknown else { return nil }
    if codec.numbersUnknownWords {
      throw ValidationError("--replace-unknown: this model copies unknown words by itself.")
    }
    guard let replacement = UnknownReplacement(codec) else {
      throw ValidationError(
        "--replace-unknown needs a model that reads words or characters; this one's tokenizer is "
          + "\(codec.configuration.type.rawValue).")
    }
    return replacement
  }

  /// What every translation must have.
  func requiredPhrases(_ codec: TextCodec) throws -> [[Int32]] {
    try require.map { try PhraseFile(path: $0, codec: codec, unknown: .refused).phrases } ?? []
  }
}
