import SeqKernels
import SeqLayers
import SeqModels
import SeqTensors
import SeqText
import Testing

/// Choices of a Transformer, and the random model they make.
struct Variant: CustomTestStringConvertible, Sendable {
  var norm: NormPlacement
  var positions: TransformerConfiguration.Positions
  var tying: EmbeddingTying
  var activation: TransformerConfiguration.Activation
  var outputBias: Bool
  var normType = LayerNorm.Kind.layer
  var headSize: Int?
  var conventions = TransformerConventions()
  var copying: CopyingConfiguration?
  var longInput = LongInput.none
  /// Layers among paragraphs, of which the sources then have several.
  var documentLayerCount: Int?

  /// Ways to read long sources, which differ from the ordinary one on sentences of some words too.
  enum LongInput: CaseIterable {
    case none, window, windowWithGlobals, latents, latentsReadingOnce, compression
    case compressionOfWindow

    var isToken: Bool { [.none, .window, .windowWithGlobals].contains(self) }

    func apply(to configuration: inout TransformerConfiguration) {
      switch self {
      case .none: break
      case .window: configuration.attentionWindow = 6
      case .windowWithGlobals:
        (configuration.attentionWindow, configuration.globalTokenCount) = (2, 2)
      case .latents: configuration.latentCount = 3
      case .latentsReadingOnce:
        (configuration.latentCount, configuration.latentReadEvery) = (5, 2)
      case .compression: configuration.memoryCompression = 3
      case .compressionOfWindow:
        (configuration.attentionWindow, configuration.memoryCompression) = (4, 2)
      }
    }
  }

  /// Norm × positions × tying, the other choices alternating; positions that attention knows by
  /// itself, where embeddings make no difference, with one way of tying each.
  static let all: [Variant] =
    absolute + relative + gated + conventional + copying + long + documents

  private static let absolute: [Variant] = NormPlacement.allCases.flatMap { norm in
    [TransformerConfiguration.Positions.sinusoidal, .learned].flatMap { positions in
      EmbeddingTying.allCases.map { tying in
        Variant(
          norm: norm, positions: positions, tying: tying,
          activation: (norm == .pre) == (tying == .target) ? .gelu : .relu,
          outputBias: (positions == .learned) != (tying == .none))
      }
    }
  }

  static let relative: [Variant] = NormPlacement.allCases.flatMap { norm in
    TransformerConfiguration.Positions.allCases.filter { ![.sinusoidal, .learned].contains($0) }
      .map {
        Variant(
          norm: norm, positions: $0, tying: norm == .pre ? .all : .none, activation: .relu,
          outputBias: false)
      }
  }

  /// Gated networks, with the norm that they usually go with.
  private static let gated: [Variant] = [(NormPlacement.pre, .swiglu), (.post, .geglu)].map {
    Variant(
      norm: $0, positions: .sinusoidal, tying: .target, activation: $1, outputBias: false,
      normType: .rms)
  }

  /// What T5 and BART take for granted.
  static let conventional: [Variant] = [
    Variant(
      norm: .pre, positions: .t5, tying: .embeddings, activation: .gegluTanh, outputBias: false,
      normType: .rms, headSize: 6,
      conventions: TransformerConventions(
        scaledEmbeddings: false, scaledAttention: false, linearBias: false, normEpsilon: 1e-6,
        scaledOutput: true)),
    Variant(
      norm: .post, positions: .learned, tying: .all, activation: .geluTanh, outputBias: true,
      conventions: TransformerConventions(
        scaledEmbeddings: false, embeddingNorm: true, positionOffset: 2)),
  ]

  /// Pointers, without and with coverage.
  static let copying: [Variant] = [false, true].map {
    Variant(
      norm: $0 ? .pre : .post, positions: .sinusoidal, tying: .all, activation: .relu,
      outputBias: $0, copying: CopyingConfiguration(size: 12, coverage: $0))
  }

  static let long: [Variant] = LongInput.allCases.dropFirst().enumerated().map { index, input in
    let positions: [TransformerConfiguration.Positions] = [.sinusoidal, .learned]
    return Variant(
      norm: index % 2 == 0 ? .pre : .post,
      positions: input == .compressionOfWindow ? .rotary : positions[index / 2 % 2], tying: .all,
      activation: .relu, outputBias: false, normType: index == 3 ? .rms : .layer, longInput: input)
  }

  /// Encoders of documents, with every kind of positions and what else they go with.
  static let documents: [Variant] = TransformerConfiguration.Positions.allCases.enumerated().map {
    index, positions in
    let inputs: [TransformerConfiguration.Positions: LongInput] = [
      .t5: .compression, .rotary: .windowWithGlobals, .learned: .window,
    ]
    return Variant(
      norm: index % 2 == 0 ? .pre : .post, positions: positions,
      tying: index % 3 == 0 ? .target : .all, activation: index == 2 ? .gelu : .relu,
      outputBias: false, normType: positions == .alibi ? .rms : .layer,
      copying: positions == .learned ? CopyingConfiguration(size: 12, coverage: true) : nil,
      longInput: inputs[positions] ?? .none, documentLayerCount: 1 + index % 2)
  }

  /// The first and the last of absolute positions, which differ in every choice but one.
  static let two = [absolute[0], absolute[absolute.count - 1]]

  static let vocabularySize = 37
  static let maxPositions = 24

  var testDescription: String {
    "\(norm) \(normType) \(positions) \(tying) \(activation) \(outputBias ? "bias" : "no bias")"
      + (conventions == TransformerConventions() ? "" : " by other conventions")
      + (copying.map { " copying\($0.coverage ? " with coverage" : "")" } ?? "")
      + (longInput == .none ? "" : " \(longInput)")
      + (documentLayerCount.map { " \($0) document layers" } ?? "")
  }

  /// A model no parameter of which is at its initial value, so that every bias and norm counts.
  ///
  /// Rates of dropout are those of embeddings and branches, attention weights, activations.
  func model(seed: UInt64, dropout: (Double, Double, Double) = (0, 0, 0)) -> Transformer {
    var configuration = TransformerConfiguration(
      encoderLayerCount: 2, decoderLayerCount: 3, embeddingSize: 40, feedForwardSize: 72,
      headCount: 4, headSize: headSize, dropout: dropout.0, attentionDropout: dropout.1,
      activationDropout: dropout.2, positions: positions,
      maxPositions: Self.maxPositions + conventions.positionOffset,
      // Sentences have distances within and beyond these.
      maxDistance: 5, bucketCount: 8, documentLayerCount: documentLayerCount,
      norm: norm, normType: normType, activation: activation, tying: tying,
      outputBias: outputBias, copying: copying, conventions: conventions)
    longInput.apply(to: &configuration)
    let model = Transformer(
      configuration,
      vocabularies: VocabularySizes(
        source: tying.sharesEmbeddings ? Self.vocabularySize : 31, target: Self.vocabularySize),
      seed: seed)
    model.scatterParameters(seed: seed, deviation: 0.1)
    return model
  }
}

extension EncoderDecoder {
  /// Adds noise to every parameter.
  func scatterParameters(seed: UInt64, deviation: Float) {
    for parameter in store.parameters {
      var random = CountedRandom(seed, CountedRandom.hash(parameter.name), 1)
      parameter.assign(parameter.values.map { $0 + deviation * Float(random.normal()) })
    }
  }

  /// Ragged sentences of ids that both sides know, without special tokens inside; where the encoder
  /// reads paragraphs, those that end in one have several.
  func randomSentences(
    count: Int, lengths: ClosedRange<Int>, endToken: Int32? = nil, seed: UInt64
  ) -> [[Int32]] {
    var random = CountedRandom(seed)
    let last = Int32(min(vocabularies.source, vocabularies.target)) - 1
    return (0..<count).map { _ in
      let length = Int.random(in: lengths, using: &random)
      var words = (0..<length).map { _ in Int32.random(in: 4...last, using: &random) }
      if let endToken, configuration.documentLayerCount != nil {
        words = words.map { Int.random(in: 0..<4, using: &random) == 0 ? endToken : $0 }
      }
      return words + (endToken.map { [$0] } ?? [])
    }
  }

  /// Sentence pairs with their rows numbered.
  func randomPairs(count: Int, seed: UInt64) -> [TokenBatch.Pair] {
    TokenBatch.numberingRows(
      zip(
        randomSentences(
          count: count, lengths: 1...12, endToken: SpecialTokens.standard.end, seed: seed),
        randomSentences(count: count, lengths: 0...12, seed: seed &+ 1)
      ).map { TokenBatch.Pair(source: $0, target: $1) })
  }

  /// The logits of a batch under teacher forcing, sentence by sentence.
  func logits(of pairs: [TokenBatch.Pair], in context: Context) -> [[Float]] {
    let batch = TokenBatch(pairs, .standard)
    let values = logits(states(of: batch, in: context)).values
    return batch.targets.sentences(of: values)
  }
}

extension Sequences {
  /// The rows of a ragged matrix, taken apart by sequence.
  func sentences(of values: [Float]) -> [[Float]] {
    let columns = values.count / max(tokenCount, 1)
    return (0..<count).map { Array(values[offsets[$0] * columns..<offsets[$0 + 1] * columns]) }
  }
}

/// The largest difference of two arrays; infinite where they cannot be compared.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}
