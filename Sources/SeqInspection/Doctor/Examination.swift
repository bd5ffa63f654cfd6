internal import Foundation
internal import SeqKernels
internal import SeqModels
internal import SeqTensors

/// One model under the doctor: the batches it is examined on, and what it says of the first of them.
struct Examination {
  let model: any ExaminedModel
  let options: Doctor
  /// Sentences of mixed lengths.
  let sample: SentenceSample
  /// Others, to change the company with.
  let strangers: SentenceSample
  /// The sample with padding behind every sentence.
  let batch: ExaminedBatch
  /// What the model says of ``batch``.
  let base: PaddedValues
  /// What every attention looks at in ``batch``; nil where that is not offered.
  let attention: [LayerAttention]?
  /// The largest log-probability by size, at least 1.
  let scale: Float
  /// What two runs of one batch differ by.
  let noise: Float
  /// What rounding changes, in other numbers than float32.
  private(set) var roundingEffect: Float = 0
  /// Whether ordinary sentences get numbers at all.
  let isNumeric: Bool
  /// How much another token changes the result, on either side.
  let effect: (source: Float, target: Float)
  /// The gradients of log-probabilities at some target places; nil where they are not offered, or not
  /// asked for.
  private(set) var gradients: [(place: BatchPlace, gradients: EmbeddingGradients)]?
  /// Positions of padding behind the longest sentence.
  let room: Int
  /// What evidence says of how it was come by; nothing of the first examination's.
  let remark: String

  /// The first examination: sentences of at most seven tokens in float32, with gradients.
  init(of model: any ExaminedModel, by options: Doctor) throws {
    let limit = model.lengthLimit ?? .max
    guard limit >= 4 else { throw DoctorError.shortLimit(limit) }
    let room = limit > 9 ? 2 : 1
    let samples = try [options.seed, options.seed &+ 1].map { seed in
      try SentenceSample(of: model, longest: min(7, limit - 2 * room), seed: seed)
    }
    try self.init(of: model, by: options, samples[0], strangers: samples[1], room: room)
    gradients = try Self.gradients(model, sample, batch)
  }

  private init(
    of model: any ExaminedModel, by options: Doctor, _ sample: SentenceSample,
    strangers: SentenceSample, room: Int, remark: String = ""
  ) throws {
    self.model = model
    self.options = options
    self.sample = sample
    self.strangers = strangers
    self.room = room
    self.remark = remark
    let batch = sample.batch(room: room)
    let answers = AnswerChecker(model)
    let base = try answers.logProbabilities(batch)
    let again = try answers.logProbabilities(batch)
    let places = sample.places(.target)
    scale = largestFinite(base, at: places)
    let noise = Comparison(base, again, at: places.map { ($0, $0) }, bound: 0).largest
    // What is no number is no noise either, and must not excuse anything.
    self.noise = noise.isFinite ? noise : 0
    isNumeric = !places.contains { base[$0].contains(where: \.isNaN) }
    if isNumeric { try answers.checkDistribution(base, at: places[0]) }
    effect = (
      try Self.effect(.source, sample, batch, base, answers),
      try Self.effect(.target, sample, batch, base, answers)
    )
    attention = try answers.attentionWeights(batch)
    self.batch = batch
    self.base = base
  }

  /// The same on two pairs that are long enough to show what depends on length, without padding behind
  /// the longer.
  func onLongSentences() throws -> Examination {
    let longest = TellingLength(of: model).longest
    return try Examination(
      of: model, by: options,
      SentenceSample(
        of: model, longest: longest, sevenths: ([7, 3], [7, 4]),
        paragraphSize: max(2, longest / 2), seed: options.seed),
      strangers: strangers, room: 0, remark: " (\(longest) tokens)")
  }

  /// The same in the numbers that the model is kept in; nil where these are float32.
  func inOwnPrecision() throws -> Examination? {
    guard model.ownPrecision != .float32 else { return nil }
    var rounded = sample
    rounded.precision = model.ownPrecision
    var found = try Examination(
      of: model, by: options, rounded, strangers: strangers, room: room,
      remark: " (\(model.ownPrecision.rawValue))")
    let places = sample.places(.target).map { ($0, $0) }
    let change = Comparison(base, found.base, at: places, bound: 0).largest
    found.roundingEffect = change.isFinite ? change : 0
    return found
  }

  /// What a difference between computations of one shape may be.
  var sameShapeBound: Float { options.rounding * scale + 8 * noise }
  /// What a difference between computations of different shapes may be.
  ///
  /// Sums in another order may be rounded to other numbers: each is then as far from float32 as rounding
  /// takes it.
  var otherShapeBound: Float { options.tolerance * scale + 8 * noise + 2 * roundingEffect }

  /// The model's answers, with their extents checked.
  var answers: AnswerChecker { AnswerChecker(model) }

  func examine(_ rule: MaskRule, into notes: inout RuleNotes) throws {
    notes.remark = remark
    // In a later examination what is no number shows as a difference.
    guard isNumeric || rule == .maskedRow || !remark.isEmpty else {
      return notes.lacks("log-probabilities of ordinary sentences are not numbers: see rule 8")
    }
    switch rule {
    case .paddingToken: try examinePaddingTokens(into: &notes)
    case .batch: try examineBatches(into: &notes)
    case .future: try examineFuture(into: &notes)
    case .bothWays: try examineBothWays(into: &notes)
    case .memoryPadding: try examineMemoryPadding(into: &notes)
    case .paddingLabels: try examinePaddingLabels(into: &notes)
    case .shift: try examineShift(into: &notes)
    case .maskedRow: try examineMaskedRows(into: &notes)
    case .attentionSum: try examineAttentionSums(into: &notes)
    case .cachedStep: try examineCachedSteps(into: &notes)
    }
  }

  /// What all tokens of a side change when they are others.
  private static func effect(
    _ side: BatchSide, _ sample: SentenceSample, _ batch: ExaminedBatch, _ base: PaddedValues,
    _ answers: AnswerChecker
  ) throws -> Float {
    let changed = sample.changed(batch, side) { place, length in
      // BOS stays what it is.
      place.position < length && (side == .source || place.position > 0)
    }
    let other = try answers.logProbabilities(changed)
    return Comparison(base, other, at: sample.places(.target).map { ($0, $0) }, bound: 0).largest
  }

  private static func gradients(
    _ model: any ExaminedModel, _ sample: SentenceSample, _ batch: ExaminedBatch
  ) throws -> [(BatchPlace, EmbeddingGradients)]? {
    var found: [(BatchPlace, EmbeddingGradients)] = []
    for place in sample.gradientPlaces {
      let token = sample.inputs[place.sentence].last ?? model.endToken
      guard let gradients = try model.embeddingGradients(batch, of: token, at: place) else {
        return nil
      }
      for side in BatchSide.allCases {
        let extents = gradients.of(side).extents
        let expected = [batch.count, batch.tokens(side).length, extents.last ?? 0]
        guard extents == expected else {
          throw DoctorError.wrongExtents(
            answer: "gradients of \(side.rawValue) embeddings", found: extents, expected: expected)
        }
      }
      found.append((place, gradients))
    }
    return found
  }
}

/// A model's answers, which must have the extents that the batch asks for.
struct AnswerChecker {
  private let model: any ExaminedModel

  init(_ model: any ExaminedModel) { self.model = model }

  func logProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues {
    try checked(model.logProbabilities(batch), batch, "log-probabilities")
  }

  /// Refuses logits and probabilities in the place of log-probabilities.
  func checkDistribution(_ values: PaddedValues, at place: BatchPlace) throws {
    let sum = values[place].reduce(0.0) { $0 + exp(Double($1)) }
    guard abs(sum - 1) < 1e-2 else { throw DoctorError.noDistribution(sum: sum) }
  }

  func cachedLogProbabilities(_ batch: ExaminedBatch) throws -> PaddedValues? {
    try model.cachedLogProbabilities(batch).map {
      try checked($0, batch, "cached log-probabilities")
    }
  }

  private func checked(
    _ values: PaddedValues, _ batch: ExaminedBatch, _ answer: String
  ) throws -> PaddedValues {
    let expected = [batch.count, batch.inputs.length, model.vocabularies.target]
    guard values.extents == expected else {
      throw DoctorError.wrongExtents(answer: answer, found: values.extents, expected: expected)
    }
    return values
  }

  /// Nil where they are not offered.
  func states(_ batch: ExaminedBatch) throws -> [LayerStates]? {
    guard let layers = try model.states(batch) else { return nil }
    for layer in layers {
      let (found, length) = (layer.values.extents, batch.tokens(layer.side).length)
      let expected = [batch.count, length, found.last ?? 0]
      guard found == expected else {
        throw DoctorError.wrongExtents(answer: layer.name, found: found, expected: expected)
      }
    }
    return layers
  }

  /// Nil where it is not offered.
  func attentionWeights(_ batch: ExaminedBatch) throws -> [LayerAttention]? {
    guard let layers = try model.attentionWeights(batch) else { return nil }
    for layer in layers {
      let (found, expected) = (layer.weights.extents, layer.extents(in: batch))
      guard found == expected else {
        throw DoctorError.wrongExtents(answer: layer.name, found: found, expected: expected)
      }
    }
    return layers
  }
}
