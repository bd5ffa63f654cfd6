package import SeqKit

/// How each built-in task is learned in a minute or two on two cores.
package struct DemoRecipe {
  let task: BuiltInTask
  /// Unseen pairs that the model is examined on.
  let testCount: Int
  private let pairCount: Int
  private let tokenizer: String
  private let model: String
  private let training: String

  /// The recipe, with at most so many steps of training.
  package init(_ task: BuiltInTask, maxSteps: Int = .max) {
    self.task = task
    func steps(_ count: Int, _ batch: String, peakRate: String, warmup: Int) -> String {
      let count = min(count, maxSteps)
      return """
          \(batch)
          max_steps: \(count)
          label_smoothing: 0
          optimizer: { type: adamw, beta2: 0.98, weight_decay: 0.01 }
          schedule: { type: cosine, peak_rate: \(peakRate), warmup_steps: \(min(warmup, count / 2)) }
        """
    }
    switch task {
    case .french:
      testCount = 200
      pairCount = 100_000
      // Large enough for every word to be one token.
      tokenizer = "{ type: bpe, vocabulary_size: 1800 }"
      model = Self.transformer(encoderLayers: 2, decoderLayers: 1, size: 128)
      training = steps(1100, "batch_tokens: 1024", peakRate: "3.0e-3", warmup: 120)
    case .reverse:
      testCount = 512
      pairCount = 10_000
      tokenizer = "{ type: whitespace }"
      model = Self.transformer(
        encoderLayers: 3, decoderLayers: 3, size: 256, heads: 8, dropout: 0.1)
      training = steps(1884, "batch_sentences: 64", peakRate: "1.0e-3", warmup: 200)
    case .copy, .append, .sort:
      testCount = 512
      pairCount = 20_000
      tokenizer = "{ type: whitespace }"
      model = Self.transformer(encoderLayers: 2, decoderLayers: 2, size: 128)
      training = steps(1000, "batch_sentences: 128", peakRate: "2.0e-3", warmup: 200)
    case .dates:
      testCount = 200
      pairCount = 50_000
      tokenizer = "{ type: character }"
      model = Self.transformer(encoderLayers: 2, decoderLayers: 2, size: 128)
      training = steps(900, "batch_tokens: 1408", peakRate: "2.0e-3", warmup: 200)
    case .numbers:
      testCount = 200
      pairCount = 50_000
      // So few that digits and 만 remain tokens of their own, while English words become whole.
      tokenizer = "{ type: bpe, vocabulary_size: 140 }"
      model = Self.counting
      training = steps(5000, "batch_tokens: 640", peakRate: "2.0e-3", warmup: 200)
    case .englishToDigits, .digitsToEnglish:
      testCount = 200
      pairCount = 50_000
      tokenizer = "{ type: bpe, vocabulary_size: 110 }"
      model = Self.counting
      training = steps(2500, "batch_tokens: 640", peakRate: "2.0e-3", warmup: 200)
    case .koreanToDigits, .digitsToKorean:
      testCount = 200
      pairCount = 50_000
      tokenizer = "{ type: character }"
      model = Self.counting
      training = steps(2500, "batch_tokens: 640", peakRate: "2.0e-3", warmup: 200)
    }
  }

  private static func transformer(
    encoderLayers: Int, decoderLayers: Int, size: Int, heads: Int = 4, dropout: Double = 0
  ) -> String {
    """
      type: transformer
      encoder_layer_count: \(encoderLayers)
      decoder_layer_count: \(decoderLayers)
      embedding_size: \(size)
      feed_forward_size: \(4 * size)
      head_count: \(heads)
      dropout: \(dropout)
    """
  }

  /// Learned positions tell places of a number sooner than sinusoidal ones.
  private static let counting =
    transformer(encoderLayers: 2, decoderLayers: 2, size: 128)
    + "\n  positions: learned\n  max_positions: 300"

  /// The recipe as a configuration that `seq2seq train` reads.
  package func yaml(seed: UInt64) -> String {
    """
    # What `seq2seq demo --task \(task.rawValue)` trains. To go on with it, or to try other values:
    #   seq2seq train demo.yaml --output FOLDER

    data:
      train: { task: \(task.rawValue), pair_count: \(pairCount), seed: \(seed) }
      validation: { task: \(task.rawValue), pair_count: 200, seed: \(seed) }

    tokenizer: \(tokenizer)

    model:
    \(model)

    training:
    \(training)
      seed: \(seed)

    validation: { every_epochs: 1, metrics: [loss, accuracy] }

    """
  }
}
