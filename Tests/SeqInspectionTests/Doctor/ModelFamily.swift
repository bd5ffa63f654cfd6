import SeqLayers
import SeqModels
import SeqTensors
import Testing

/// A model of this toolkit, of every family and with every choice that masks have to do with.
struct ModelFamily: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let configuration: ModelConfiguration

  static let all: [ModelFamily] =
    transformers + recurrent + mixed + copying + long + documents

  /// The first of the three kinds each.
  static let oneOfEach = [transformers[0], recurrent[0], mixed[0]]

  /// Norm × positions × tying, the other choices alternating.
  private static let transformers: [ModelFamily] = NormPlacement.allCases.flatMap { norm in
    TransformerConfiguration.Positions.allCases.flatMap { positions in
      EmbeddingTying.allCases.map { tying in
        ModelFamily(
          testDescription: "transformer \(norm) \(positions) \(tying)",
          configuration: .transformer(
            TransformerConfiguration(
              encoderLayerCount: 2, decoderLayerCount: 3, embeddingSize: 24, feedForwardSize: 40,
              headCount: 4, dropout: 0.3, attentionDropout: 0.1, activationDropout: 0.1,
              positions: positions, maxPositions: 12, norm: norm,
              activation: tying == .target ? .gelu : .relu, tying: tying,
              initialization: tying == .none ? .scaled : .xavier,
              outputBias: tying == .target)))
      }
    }
  }

  /// Every cell, direction, score, placement, bridge and way to do without attention.
  private static let recurrent: [ModelFamily] =
    RecurrentCell.allCases.flatMap { cell in
      RecurrentDirection.allCases.map { direction in
        ModelFamily("\(cell) \(direction)") { ($0.cell, $0.direction) = (cell, direction) }
      }
    }
    + AttentionScoreKind.allCases.flatMap { score in
      [
        ModelFamily("\(score) after, fed") {
          ($0.cell, $0.direction) = (.gru, .forward)
          $0.attention = .init(score: score, size: 12, headCount: 2, inputFeeding: true)
        },
        ModelFamily("\(score) after, at once") {
          // Dot needs keys of the query's size.
          $0.direction = score == .dot ? .forward : .bidirectional
          $0.attention = .init(score: score, size: 12, headCount: 2)
        },
        ModelFamily("\(score) before, two layers") {
          ($0.direction, $0.encoderLayerCount, $0.decoderLayerCount) = (.backward, 2, 3)
          $0.attention = .init(score: score, size: 12, headCount: 3, placement: .before)
        },
      ]
    }
    + [
      ModelFamily("context as start state, copied") {
        ($0.direction, $0.attention, $0.bridge) = (.backward, nil, .copy)
        ($0.encoderLayerCount, $0.decoderLayerCount) = (2, 2)
      },
      ModelFamily("context as start state") { ($0.attention, $0.contextUse) = (nil, .start) },
      ModelFamily("context at every step") {
        ($0.attention, $0.contextUse, $0.cell) = (nil, .everyStep, .gru)
      },
      ModelFamily("two layers, variational dropout, tied") {
        ($0.encoderLayerCount, $0.decoderLayerCount, $0.variationalDropout) = (2, 2, true)
        ($0.embeddingSize, $0.tying) = ($0.hiddenSize, .all)
      },
    ]

  /// Pointers, which attend to the source a second time.
  private static let copying: [ModelFamily] = [false, true].flatMap { coverage in
    let copying = CopyingConfiguration(coverage: coverage)
    return [
      ModelFamily("copying, recurrent, coverage \(coverage)") { $0.copying = copying },
      ModelFamily(
        testDescription: "copying, transformer, coverage \(coverage)",
        configuration: .transformer(
          TransformerConfiguration(
            encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 24, feedForwardSize: 40,
            headCount: 4, copying: copying))),
    ]
  }

  /// Halves of different families and sizes.
  private static let mixed: [ModelFamily] = {
    let transformer = TransformerConfiguration(
      encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 20, feedForwardSize: 36,
      headCount: 2, activation: .gelu, tying: .none)
    let recurrent = RecurrentConfiguration(cell: .gru, embeddingSize: 14, hiddenSize: 18)
    let bottleneck = RecurrentConfiguration(
      decoderLayerCount: 2, embeddingSize: 16, hiddenSize: 12, attention: nil,
      contextUse: .everyStep)
    let pairs: [(String, MixedConfiguration.Half, MixedConfiguration.Half)] = [
      ("transformer to recurrent", .transformer(transformer), .recurrent(recurrent)),
      ("recurrent to transformer", .recurrent(recurrent), .transformer(transformer)),
      ("recurrent to bottleneck", .recurrent(recurrent), .recurrent(bottleneck)),
      ("transformer to bottleneck", .transformer(transformer), .recurrent(bottleneck)),
    ]
    return pairs.map {
      ModelFamily(
        testDescription: $0.0,
        configuration: .mixed(MixedConfiguration(encoder: $0.1, decoder: $0.2)))
    }
  }()

  /// Encoders that read long sources in another way, alone and as halves.
  static let long: [ModelFamily] = {
    let base = TransformerConfiguration(
      encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 24, feedForwardSize: 40,
      headCount: 4, dropout: 0.3, attentionDropout: 0.1, maxPositions: 12)
    let changes: [(String, (inout TransformerConfiguration) -> Void)] = [
      ("window", { ($0.attentionWindow, $0.norm) = (2, .post) }),
      (
        "window with a global token, rotary",
        { ($0.attentionWindow, $0.globalTokenCount, $0.positions) = (4, 1, .rotary) }
      ),
      (
        "window wider than sentences",
        { ($0.attentionWindow, $0.globalTokenCount, $0.positions) = (64, 20, .learned) }
      ),
      ("latents", { $0.latentCount = 3 }),
      (
        "latents that read once",
        { ($0.latentCount, $0.latentReadEvery, $0.norm, $0.positions) = (8, 2, .post, .learned) }
      ),
      ("one latent", { $0.latentCount = 1 }),
      ("compression", { ($0.memoryCompression, $0.positions) = (2, .t5) }),
      (
        "compression of a window",
        { ($0.memoryCompression, $0.attentionWindow, $0.norm) = (3, 2, .post) }
      ),
    ]
    return changes.flatMap { name, change -> [ModelFamily] in
      var configuration = base
      change(&configuration)
      let decoder = TransformerConfiguration(
        decoderLayerCount: 2, embeddingSize: 16, feedForwardSize: 36, headCount: 2, tying: .none)
      var half = configuration
      half.tying = .none
      let decoders: [(String, MixedConfiguration.Half)] = [
        ("a smaller decoder", .transformer(decoder)),
        ("attention", .recurrent(RecurrentConfiguration(embeddingSize: 14, hiddenSize: 18))),
        (
          "a bottleneck",
          .recurrent(
            RecurrentConfiguration(
              embeddingSize: 16, hiddenSize: 12, attention: nil, contextUse: .everyStep))
        ),
      ]
      return [ModelFamily(testDescription: name, configuration: .transformer(configuration))]
        + decoders.map {
          ModelFamily(
            testDescription: "\(name), then \($0.0)",
            configuration: .mixed(
              MixedConfiguration(encoder: .transformer(half), decoder: $0.1)))
        }
    }
  }()

  /// Encoders of paragraphs, alone and as halves.
  static let documents: [ModelFamily] = {
    let base = TransformerConfiguration(
      encoderLayerCount: 2, decoderLayerCount: 2, embeddingSize: 24, feedForwardSize: 40,
      headCount: 4, dropout: 0.3, attentionDropout: 0.1, maxPositions: 12, documentLayerCount: 1)
    let changes: [(String, (inout TransformerConfiguration) -> Void)] =
      TransformerConfiguration.Positions.allCases.flatMap { positions in
        NormPlacement.allCases.map { norm in
          ("\(positions) \(norm)", { ($0.positions, $0.norm) = (positions, norm) })
        }
      } + [
        ("two layers", { $0.documentLayerCount = 2 }),
        ("copying", { $0.copying = CopyingConfiguration(coverage: true) }),
        (
          "window with a global token",
          { ($0.attentionWindow, $0.globalTokenCount) = (2, 1) }
        ),
        ("compression", { $0.memoryCompression = 2 }),
      ]
    let families = changes.map { name, change in
      var configuration = base
      change(&configuration)
      return ModelFamily(
        testDescription: "documents, \(name)", configuration: .transformer(configuration))
    }
    var half = base
    half.tying = .none
    let decoders: [(String, MixedConfiguration.Half)] = [
      (
        "a smaller decoder",
        .transformer(
          TransformerConfiguration(
            decoderLayerCount: 2, embeddingSize: 16, feedForwardSize: 36, headCount: 2, tying: .none
          )
        )
      ),
      ("attention", .recurrent(RecurrentConfiguration(embeddingSize: 14, hiddenSize: 18))),
      (
        "a bottleneck",
        .recurrent(
          RecurrentConfiguration(
            embeddingSize: 16, hiddenSize: 12, attention: nil, contextUse: .everyStep))
      ),
    ]
    return families
      + decoders.map {
        ModelFamily(
          testDescription: "documents, then \($0.0)",
          configuration: .mixed(MixedConfiguration(encoder: .transformer(half), decoder: $0.1)))
      }
  }()

  private init(testDescription: String, configuration: ModelConfiguration) {
    self.testDescription = testDescription
    self.configuration = configuration
  }

  private init(_ name: String, _ change: (inout RecurrentConfiguration) -> Void) {
    var configuration = RecurrentConfiguration(embeddingSize: 16, hiddenSize: 24)
    change(&configuration)
    self.init(testDescription: name, configuration: .recurrent(configuration))
  }

  /// A fresh model; with `gain`, one whose matrices are so many times as large, as training makes
  /// them, and whose biases are not 0.
  func model(seed: UInt64, gain: Float = 1, vocabularySize: Int = 31) -> any EncoderDecoder {
    let model = configuration.model(
      vocabularies: VocabularySizes(source: vocabularySize, target: vocabularySize), seed: seed)
    guard gain != 1 else { return model }
    for parameter in model.store.parameters {
      var random = CountedRandom(seed, CountedRandom.hash(parameter.name), 1)
      parameter.assign(
        parameter.values.map { gain * $0 + 0.1 * Float(random.normal()) })
    }
    return model
  }
}
