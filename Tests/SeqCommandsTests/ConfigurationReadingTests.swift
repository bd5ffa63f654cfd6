import Foundation
import SeqCommands
import SeqKit
import Testing

/// What a sound configuration becomes.
struct ConfigurationReadingTests {
  @Test("built-in tasks, the section deciding which of their pairs are meant")
  func tasks() throws {
    let configuration = try read(
      minimalYAML.replacing(
        "{ source: train.en, target: train.de }", with: "{ task: french, pair_count: 50_000 }"),
      set: ["data.validation={ task: digits_to_korean, pair_count: 200, seed: 3 }"])
    let long = try read(
      minimalYAML.replacing(
        "{ source: train.en, target: train.de }",
        with: "{ task: reverse, pair_count: 9, max_length: 20 }"))
    #expect(
      long.data.train == .task(.reverse, fold: .train, pairCount: 9, seed: 1, maxLength: 20))
    #expect(configuration.data.train == .task(.french, fold: .train, pairCount: 50_000, seed: 1))
    #expect(
      configuration.data.validation
        == .task(.digitsToKorean, fold: .validation, pairCount: 200, seed: 3))
  }

  @Test("a target with a tokenizer of its own shares nothing")
  func targetType() throws {
    let configuration = try read(
      minimalYAML, set: ["tokenizer={ type: character, target_type: whitespace, unit: grapheme }"])
    #expect(
      configuration.tokenizer
        == TokenizerConfiguration(
          type: .character, targetType: .whitespace, shared: false, unit: .grapheme))
    for tokenizer in [
      "{ type: character, target_type: whitespace, shared: true }",
      "{ type: character, target_type: bpe, vocabulary_size: 900 }",
      "{ type: byte, target_type: words }",
    ] {
      #expect(throws: ConfigurationError.self) {
        try read(minimalYAML, set: ["tokenizer=\(tokenizer)"])
      }
    }
  }

  @Test("the example of the documentation, with every kind of key")
  func example() throws {
    let configuration = try read(
      """
      data:
        root: ../data                      # paths below are relative to it
        train: { source: train.en, target: train.de }
        validation: { pairs: val.tsv, source_column: 2, target_column: 1 }
        max_length: 100
        on_long: truncate
      tokenizer:
        { type: bpe, vocabulary_size: 8_000, shared: true, normalization: nfkc, byte_fallback: yes_,
          character_coverage: 0.9995, sampling: { dropout: 0.1 }, source_bos: true }
      model:
        { type: transformer, layer_count: 4, embedding_size: 128, feed_forward_size: 256,
          head_count: 4, dropout: 0.3, attention_dropout: 0.1, positions: learned, norm: post,
          max_positions: 128, activation: gelu, tying: all, initialization: scaled,
          output_bias: true }
      training:
        batch_tokens: 4096
        accumulation: 2
        max_epochs: 40
        label_smoothing: 0.1
        precision: float32
        optimizer: { type: adamw, beta2: .98, epsilon: 1e-9, weight_decay: 1, clip_norm: null }
        schedule: { type: inverse_square_root, peak_rate: 5e-3, warmup_steps: 2000 }
        seed: 18446744073709551615
        report_every_steps: 10
        checkpoint_every_steps: 500
        keep_checkpoints: 3
        average_last: 10
      validation: { every_epochs: 1, metrics: [loss, bleu], best_by: bleu, patience: 5, beam_size: 5 }
      """.replacing("yes_", with: "true"))
    #expect(
      configuration
        == RunConfiguration(
          data: CorpusConfiguration(
            root: "/runs/../data", train: .parallel(source: "train.en", target: "train.de"),
            validation: .table(pairs: "val.tsv", sourceColumn: 2, targetColumn: 1), maxLength: 100,
            onLong: .truncate),
          tokenizer: TokenizerConfiguration(
            type: .bpe, vocabularySize: 8000, shared: true, normalization: .nfkc,
            byteFallback: true, characterCoverage: 0.9995,
            sampling: .init(dropout: 0.1), sourceBOS: true, sourceEOS: true),
          model: .transformer(
            TransformerConfiguration(
              encoderLayerCount: 4, decoderLayerCount: 4, embeddingSize: 128, feedForwardSize: 256,
              headCount: 4, dropout: 0.3, attentionDropout: 0.1, positions: .learned,
              maxPositions: 128, norm: .post, activation: .gelu, tying: .all,
              initialization: .scaled, outputBias: true)),
          training: TrainingConfiguration(
            batchTokens: 4096, accumulation: 2, maxEpochs: 40, labelSmoothing: 0.1,
            optimizer: .init(
              type: .adamw, beta2: 0.98, epsilon: 1e-9, weightDecay: 1, clipNorm: nil),
            schedule: .init(type: .inverseSquareRoot, peakRate: 5e-3, warmupSteps: 2000),
            seed: .max, reportEverySteps: 10, checkpointEverySteps: 500, keepCheckpoints: 3,
            averageLast: 10),
          validation: ValidationConfiguration(
            everyEpochs: 1, metrics: [.loss, .bleu], bestBy: .bleu, patience: 5, beamSize: 5)))
  }

  @Test("every optimizer has its keys, averages and limits theirs")
  func optimizers() throws {
    func optimizer(_ text: String) throws -> OptimizerConfiguration {
      try read(set: ["training.optimizer={\(text)}"]).training.optimizer
    }
    #expect(
      try optimizer("type: sgd, momentum: 0.9, nesterov: true, weight_decay: 1e-4")
        == .init(type: .sgd, weightDecay: 1e-4, momentum: 0.9, nesterov: true))
    #expect(
      try optimizer("type: sgd, momentum: 0.9, dampening: 0.5")
        == .init(type: .sgd, momentum: 0.9, dampening: 0.5))
    #expect(
      try optimizer(
        "type: adafactor, decay_rate: 0.7, clip_threshold: 2, epsilon1: 1e-10, epsilon2: 0, "
          + "relative_step: false, scale_parameter: false, clip_norm: null")
        == .init(
          type: .adafactor, clipNorm: nil, decayRate: 0.7, clipThreshold: 2, epsilon1: 1e-10,
          epsilon2: 0, relativeStep: false, scaleParameter: false))
    let training = try read(set: [
      "training={max_steps: 1, batch_tokens: 100, batch_source_tokens: 300, loss_mean: sentence, "
        + "ema_decay: 0.999}"
    ]).training
    #expect(training.batchSize == .targetTokens(100, sourceLimit: 300))
    #expect(training.lossMean == .sentence && training.emaDecay == 0.999)
    #expect(try read().training.batchSize == .targetTokens(4096, sourceLimit: 8192))
    let data = try read(set: [
      "data.max_length=9", "data.max_target_length=5", "data.on_long=truncate_source",
    ]).data
    #expect(data.sourceLengthLimit == 9 && data.targetLengthLimit == 5)
    #expect(data.onLong == .truncateSource)
  }

  @Test("what is not said is the types' default")
  func defaults() throws {
    #expect(
      try read()
        == RunConfiguration(
          data: .init(root: "/runs", train: .parallel(source: "train.en", target: "train.de")),
          tokenizer: .init(type: .byte), model: .transformer(.init()),
          training: .init(maxSteps: 100)))
  }

  @Test("a source is two files, columns of a table, or keys of JSON Lines")
  func sources() throws {
    func source(_ text: String) throws -> CorpusConfiguration.Source {
      try read(set: ["data.train={\(text)}"]).data.train
    }
    #expect(try source("source: a, target: b.gz") == .parallel(source: "a", target: "b.gz"))
    #expect(
      try source("pairs: a.tsv") == .table(pairs: "a.tsv", sourceColumn: 1, targetColumn: 2))
    #expect(
      try source("pairs: \"-\", source_column: 3")
        == .table(pairs: "-", sourceColumn: 3, targetColumn: 2))
    #expect(
      try source("pairs: a.jsonl.gz")
        == .jsonLines(pairs: "a.jsonl.gz", sourceKey: "source", targetKey: "target"))
    #expect(
      try source("pairs: a.json, target_key: de")
        == .jsonLines(pairs: "a.json", sourceKey: "source", targetKey: "de"))
    #expect(
      try source("pairs: a.jsonl, source_column: 2, target_column: 1")
        == .table(pairs: "a.jsonl", sourceColumn: 2, targetColumn: 1))
  }

  @Test("layer counts are given once or for each side; alternatives replace the default")
  func alternatives() throws {
    let model = try read(set: ["model={encoder_layer_count: 6, decoder_layer_count: 1}"]).model
    #expect(
      model == .transformer(TransformerConfiguration(encoderLayerCount: 6, decoderLayerCount: 1)))
    let training = try read(set: ["training.batch_sentences=64"]).training
    #expect(training.batchSentences == 64 && training.batchTokens == nil)
    let validation = try read(
      set: ["validation.every_steps=10", "data.validation={pairs: v.tsv}"]
    ).validation
    #expect(validation.everySteps == 10 && validation.everyEpochs == nil)
  }

  @Test("a recurrent model, attention and all")
  func recurrent() throws {
    let configuration = try read(
      set: [
        """
        model={type: recurrent, cell: gru, encoder_layer_count: 2, decoder_layer_count: 1,
        embedding_size: 32, hidden_size: 48, direction: forward, dropout: 0.1,
        variational_dropout: true, bridge: copy, tying: target, output_bias: false,
        attention: {score: multi_head, size: 24, head_count: 3, placement: before}}
        """, "model.embedding_size=48",
      ])
    #expect(
      configuration.model
        == .recurrent(
          RecurrentConfiguration(
            cell: .gru, encoderLayerCount: 2, decoderLayerCount: 1, embeddingSize: 48,
            hiddenSize: 48, direction: .forward,
            attention: .init(score: .multiHead, size: 24, headCount: 3, placement: .before),
            bridge: .copy, dropout: 0.1, variationalDropout: true, tying: .target,
            outputBias: false)))
    let bottleneck = try read(
      set: ["model={type: recurrent, attention: null, context_use: every_step, forget_bias: 1}"])
    #expect(
      bottleneck.model
        == .recurrent(
          RecurrentConfiguration(attention: nil, contextUse: .everyStep, forgetBias: 1)))
  }

  @Test("a Transformer's encoder with a recurrent decoder")
  func mixed() throws {
    let configuration = try read(
      set: [
        """
        model={type: mixed, encoder: {type: transformer, layer_count: 3, embedding_size: 64,
        head_count: 2}, decoder: {type: recurrent, layer_count: 2, hidden_size: 128}}
        """
      ])
    guard case .mixed(let mixed) = configuration.model,
      case .transformer(let encoder) = mixed.encoder,
      case .recurrent(let decoder) = mixed.decoder
    else {
      Issue.record("\(configuration.model) is not what was asked for")
      return
    }
    #expect(encoder.encoderLayerCount == 3 && encoder.embeddingSize == 64)
    #expect(decoder.decoderLayerCount == 2 && decoder.hiddenSize == 128)
  }

  @Test("embeddings are tied as far as the vocabularies allow, unless it is said")
  func tying() throws {
    #expect(try read().model.tying == .all)
    #expect(try read(set: ["tokenizer.shared=false"]).model.tying == .target)
    #expect(try read(set: ["model.tying=none"]).model.tying == .none)
  }

  @Test("settings replace, add and remove values; the later prevail")
  func settings() throws {
    let configuration = try read(
      set: [
        "training.max_steps=7", "training.max_steps=8", "training.optimizer.beta1=0.5",
        "training.optimizer.clip_norm=", "data.train.source=a=b", "model={embedding_size: 64}",
      ])
    #expect(configuration.training.maxSteps == 8)
    #expect(configuration.training.optimizer == .init(beta1: 0.5, clipNorm: nil))
    #expect(configuration.data.train == .parallel(source: "a=b", target: "train.de"))
    #expect(configuration.model == .transformer(.init(embeddingSize: 64)))
  }

  @Test("the corpus' folder: the file's own, then the environment's, then the setting's")
  func root() throws {
    let yaml = minimalYAML.replacing("data:", with: "data:\n  root: corpus")
    let here = FileManager.default.currentDirectoryPath
    let environment = ["SEQ2SEQ_DATA": "/elsewhere"]
    #expect(try read(yaml).data.root == "/runs/corpus")
    #expect(try read(yaml, environment: environment).data.root == "/elsewhere")
    #expect(try read(yaml, environment: ["SEQ2SEQ_DATA": ""]).data.root == "/runs/corpus")
    #expect(try read(yaml, environment: ["SEQ2SEQ_DATA": "x: [y"]).data.root == "\(here)/x: [y")
    let set = ["data.root=set"]
    #expect(try read(yaml, set: set, environment: environment).data.root == "\(here)/set")
  }

  @Test("a file is read as its text is")
  func file() throws {
    let path = NSTemporaryDirectory() + "/run-\(UInt64.random(in: .min ... .max)).yaml"
    try Data(minimalYAML.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let fromFile = try RunConfiguration(yamlFile: path, environment: [:])
    #expect(
      try fromFile == RunConfiguration(yaml: minimalYAML, path: path))

    try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(yamlFile: path, environment: [:])
    }
    #expect(error?.description == "\(path): 1 problem\n\(path): expected UTF-8, found other bytes")
  }

  @Test("a byte order mark and the line ends of Windows are no part of a configuration")
  func windows() throws {
    let path = NSTemporaryDirectory() + "windows-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = "\u{FEFF}" + minimalYAML.replacingOccurrences(of: "\n", with: "\r\n")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let configuration = try RunConfiguration(yamlFile: path, environment: [:])
    #expect(configuration.training.maxSteps == 100)
  }

  @Test("a configuration that the file system withholds has a status of its own")
  func unreadable() {
    let missing = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(yamlFile: "/no/such/run.yaml", environment: [:])
    }
    #expect(missing == .missing(path: "/no/such/run.yaml"))
    #expect(missing?.exitCode.rawValue == 66)
    #expect(
      missing?.description
        == "/no/such/run.yaml: no such file; name a configuration, for instance one of Examples/")

    let folder = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(yamlFile: NSTemporaryDirectory(), environment: [:])
    }
    #expect(folder?.exitCode.rawValue == 74)
    #expect(folder?.description.hasSuffix("cannot be read: it is a folder: name a file") == true)
    #expect(ConfigurationError.invalid(path: "", problems: []).exitCode.rawValue == 78)
  }
}
