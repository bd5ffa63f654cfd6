import SeqLayers
import SeqModels
import SeqTensors
import Testing

/// Choices of a recurrent or mixed model, and the random model they make.
struct RecurrentVariant: CustomTestStringConvertible, Sendable {
  let testDescription: String
  private let configuration: @Sendable (_ dropout: Double) -> ModelConfiguration

  /// Every cell, score, placement, direction and way to do without attention, and every pair of
  /// halves, each at least once.
  static let all: [RecurrentVariant] =
    RecurrentCell.allCases.map { cell in
      RecurrentVariant("\(cell), general after") { $0.cell = cell }
    }
    + RecurrentCell.allCases.map { cell in
      RecurrentVariant("\(cell), additive before") {
        ($0.cell, $0.attention) = (cell, .init(score: .additive, placement: .before))
      }
    }
    + AttentionScoreKind.allCases.map { score in
      RecurrentVariant("\(score) after, fed") {
        ($0.cell, $0.direction) = (.gru, .forward)
        $0.attention = .init(score: score, size: 12, headCount: 2, inputFeeding: true)
      }
    }
    + AttentionScoreKind.allCases.map { score in
      RecurrentVariant("\(score) before, two layers") {
        ($0.direction, $0.encoderLayerCount, $0.decoderLayerCount) = (.backward, 2, 3)
        $0.attention = .init(score: score, size: 12, headCount: 3, placement: .before)
      }
    }
    + [
      RecurrentVariant("context as start state, copied") {
        ($0.direction, $0.attention, $0.bridge) = (.backward, nil, .copy)
        ($0.encoderLayerCount, $0.decoderLayerCount) = (2, 2)
      },
      RecurrentVariant("context at every step") {
        ($0.attention, $0.contextUse, $0.cell) = (nil, .everyStep, .gru)
      },
      RecurrentVariant("two layers, variational dropout, tied") {
        ($0.encoderLayerCount, $0.decoderLayerCount, $0.variationalDropout) = (2, 2, true)
        ($0.embeddingSize, $0.tying) = ($0.hiddenSize, .all)
      },
      RecurrentVariant("variational dropout, before") {
        ($0.variationalDropout, $0.attention) = (true, .init(score: .dot, placement: .before))
        $0.direction = .forward
      },
      RecurrentVariant("copying with coverage, before") {
        $0.attention = .init(score: .general, placement: .before)
        $0.copying = CopyingConfiguration(coverage: true)
      },
      RecurrentVariant("copying, no other attention") {
        ($0.cell, $0.attention) = (.gru, nil)
        $0.copying = CopyingConfiguration(size: 10)
      },
    ] + mixed

  /// Transformer and recurrent halves in every combination, of different sizes.
  static let mixed: [RecurrentVariant] = [
    RecurrentVariant(encoder: .transformer(transformer), decoder: .recurrent(recurrent), "T → R"),
    RecurrentVariant(encoder: .recurrent(recurrent), decoder: .transformer(transformer), "R → T"),
    RecurrentVariant(encoder: .recurrent(recurrent), decoder: .recurrent(bottleneck), "R → R"),
    RecurrentVariant(encoder: .transformer(transformer), decoder: .recurrent(bottleneck), "T → b"),
    RecurrentVariant(encoder: .transformer(documents), decoder: .recurrent(recurrent), "D → R"),
    RecurrentVariant(encoder: .transformer(documents), decoder: .recurrent(bottleneck), "D → b"),
    RecurrentVariant(encoder: .transformer(documents), decoder: .transformer(small), "D → T"),
  ]

  /// An encoder of paragraphs, before decoders of every family.
  private static let documents: TransformerConfiguration = {
    var configuration = transformer
    configuration.documentLayerCount = 1
    return configuration
  }()
  private static let small = TransformerConfiguration(
    decoderLayerCount: 2, embeddingSize: 12, feedForwardSize: 24, headCount: 3, norm: .post,
    activation: .gelu, tying: .target)

  private static let transformer = TransformerConfiguration(
    encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 20, feedForwardSize: 36,
    headCount: 2, activation: .gelu, tying: .none)
  private static let recurrent = RecurrentConfiguration(
    cell: .gru, embeddingSize: 14, hiddenSize: 18, dropout: 0)
  private static let bottleneck = RecurrentConfiguration(
    decoderLayerCount: 2, embeddingSize: 16, hiddenSize: 12, attention: nil,
    contextUse: .everyStep, dropout: 0)

  private init(_ name: String, _ change: @escaping @Sendable (inout RecurrentConfiguration) -> Void)
  {
    testDescription = name
    configuration = { dropout in
      var configuration = RecurrentConfiguration(
        embeddingSize: 16, hiddenSize: 24, dropout: dropout)
      change(&configuration)
      return .recurrent(configuration)
    }
  }

  private init(
    encoder: MixedConfiguration.Half, decoder: MixedConfiguration.Half, _ name: String
  ) {
    testDescription = name
    configuration = { dropout in
      func half(_ half: MixedConfiguration.Half) -> MixedConfiguration.Half {
        switch half {
        case .transformer(var half):
          half.dropout = dropout
          return .transformer(half)
        case .recurrent(var half):
          half.dropout = dropout
          return .recurrent(half)
        }
      }
      return .mixed(MixedConfiguration(encoder: half(encoder), decoder: half(decoder)))
    }
  }

  func configuration(dropout: Double = 0) -> ModelConfiguration { configuration(dropout) }

  /// Whether its functions have kinks, near which a difference says little about a slope.
  var hasKinks: Bool { testDescription.hasPrefix("rnnReLU") }

  static let vocabularies = VocabularySizes(source: 37, target: 37)

  /// A model no parameter of which is at its initial value, so that every bias counts.
  func model(seed: UInt64, dropout: Double = 0) -> any EncoderDecoder {
    let model = configuration(dropout: dropout).model(vocabularies: Self.vocabularies, seed: seed)
    model.scatterParameters(seed: seed, deviation: 0.1)
    return model
  }
}
