import SeqLayers
import SeqModels
import SeqTensors
import Testing

/// Sizes from outside, which no initialiser should meet unchecked.
struct ConfigurationSoundnessTests {
  private let vocabularies = VocabularySizes(source: 30, target: 30)

  @Test("the number of parameters is known before they are made", arguments: Variant.all)
  func parameterCount(variant: Variant) {
    let model = variant.model(seed: 1)
    #expect(
      model.configuration.parameterCount(vocabularies: model.vocabularies)
        == Double(model.store.valueCount))
    #expect(model.configuration.problems(vocabularies: model.vocabularies) == [])
  }

  private func problems(_ change: (inout TransformerConfiguration) -> Void) -> [String] {
    var configuration = TransformerConfiguration(embeddingSize: 16, headCount: 2)
    change(&configuration)
    return configuration.problems(vocabularies: vocabularies)
  }

  @Test("sizes that no model can have are told, all at once")
  func impossibleSizes() {
    #expect(problems { _ in } == [])
    #expect(
      problems {
        $0.encoderLayerCount = -1
        $0.embeddingSize = 0
        $0.headCount = .min
        $0.dropout = 1
        $0.attentionDropout = .nan
      } == [
        "encoder_layer_count is -1, below 1", "embedding_size is 0, below 1",
        "head_count is \(Int.min), below 1", "dropout is 1.0, not from 0 up to 1",
        "attention_dropout is nan, not from 0 up to 1",
      ])
    #expect(
      problems {
        $0.embeddingSize = 15
      } == [
        "head_count 2 does not divide embedding_size 15",
        "sinusoidal positions need an even embedding_size, not 15",
      ])
    #expect(
      problems {
        $0.positions = .alibi
        $0.headCount = 1
      } == [
        "alibi positions need a head_count of at least 2: in the encoder one head looks back and "
          + "another ahead"
      ])
    let unequal = VocabularySizes(source: 30, target: 31)
    #expect(
      TransformerConfiguration().problems(vocabularies: unequal)
        == ["tying all needs equal vocabularies, not 30 and 31"])
  }

  @Test("a model that does not fit into memory is refused, however large")
  func memory() {
    for value in [1 << 40, Int.max - 1] {
      for found in [
        problems { $0.embeddingSize = value }, problems { $0.feedForwardSize = value },
        problems { $0.encoderLayerCount = value }, problems { $0.decoderLayerCount = value },
      ] {
        #expect(found.count == 1)
        #expect(found.first?.contains("GB of memory, and this machine has") == true)
      }
    }
    #expect(
      problems {
        $0.positions = .learned
        $0.maxPositions = .max
      }.count == 1)
    for positions in [TransformerConfiguration.Positions.sinusoidal, .disentangled] {
      #expect(
        problems {
          $0.positions = positions
          ($0.headCount, $0.headSize) = (1 << 40, 1 << 40)
        }.count == 1)
    }
    for direction in RecurrentDirection.allCases {
      let recurrent = RecurrentConfiguration(hiddenSize: .max, direction: direction)
      #expect(recurrent.problems(vocabularies: vocabularies).count == 1)
    }
    // Each parameter may take more than its own four bytes.
    let base = TransformerConfiguration()
    #expect(base.problems(vocabularies: vocabularies, bytesPerParameter: 16) == [])
    #expect(base.problems(vocabularies: vocabularies, bytesPerParameter: 1 << 40).count == 1)
  }

  @Test("ways to search that no search knows are told")
  func generation() {
    func found(_ change: (inout GenerationSettings) -> Void) -> [String] {
      var settings = GenerationSettings()
      change(&settings)
      return settings.problems(vocabularySize: 30)
    }
    #expect(
      found {
        ($0.maximumLength, $0.minimumLength, $0.beamSize) = (0, 0, 1)
        ($0.noRepeatNGram, $0.repetitionPenalty) = (1, 1.2)
      } == [])
    #expect(
      found { $0.noRepeatNGram = 0 } == [
        "generation has a no_repeat_n_gram of 0, not from 1 to 2147483647"
      ])
    #expect(found { ($0.maximumLength, $0.minimumLength) = (Int.max, -1) }.count == 2)
    // Some are none as a float only.
    for penalty in [0, -1, 1e39, 1e-60, Double.infinity, .nan] {
      #expect(found { $0.repetitionPenalty = penalty }.count == 1, "\(penalty)")
    }
  }
}
