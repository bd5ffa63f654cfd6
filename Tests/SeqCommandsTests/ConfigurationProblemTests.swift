import SeqCommands
import Testing

/// What is said of a configuration that cannot be used.
struct ConfigurationProblemTests {
  @Test("a task that is misspelt, has no number of pairs, or stands beside files")
  func tasks() {
    func problems(_ train: String) -> [String] {
      report(minimalYAML.replacing("{ source: train.en, target: train.de }", with: train))
    }
    #expect(
      problems("{ task: frnch, pair_count: 10 }") == [
        "/runs/run.yaml:2:18: data.train.task: no task is called 'frnch'; did you mean 'french'?"
      ])
    #expect(
      problems("{ task: french, source: a.fr }") == [
        "/runs/run.yaml:2:3: data.train.pair_count: missing: how many pairs of the task, "
          + "for instance 10000",
        "/runs/run.yaml:2:34: data.train.source: either task, whose pairs the toolkit makes "
          + "itself, or files, not both",
      ])
    #expect(
      problems("{ source: a, target: b, pair_count: 0 }") == [
        "/runs/run.yaml:2:46: data.train.pair_count: goes with task: NAME, whose pairs the "
          + "toolkit makes itself"
      ])
    #expect(
      problems("{ task: dates, pair_count: 0, pairs_count: 5 }") == [
        "/runs/run.yaml:2:37: data.train.pair_count: expected a whole number of at least 1, "
          + "found '0'",
        "/runs/run.yaml:2:40: data.train.pairs_count: unknown key; did you mean 'pair_count'?",
      ])
    #expect(
      problems("{ task: reverse, pair_count: 9, max_length: 2 }") == [
        "/runs/run.yaml:2:54: data.train.max_length: expected 3 to 1000 letters, found 2"
      ])
    #expect(
      problems("{ task: dates, pair_count: 9, max_length: 20 }") == [
        "/runs/run.yaml:2:52: data.train.max_length: the pairs of dates have the lengths that they "
          + "have; a maximum is for copy, reverse, append and sort"
      ])
  }

  @Test("everything that is wrong is reported at once, in the order of the file")
  func fullReport() {
    let error = #expect(throws: ConfigurationError.self) {
      try read(
        """
        data:
          train: { source: train.en, traget: train.de }
          max_length: abc
        tokeniser: { type: bpe }
        tokenizer:
          type: bpee
          shared: "true"
          minimum_frequency: 0
        model:
          layer_count: 4
          encoder_layer_count: 4
          decoder_layer_count: 2
          embedding_size: 100
          head_count: 8
          dropout: 1
        training:
          batch_tokens: 4096
          batch_sentences: 64
          optimizer: adam
          schedule: { peak_rate: -5e-3, warmup_step: 10 }
        validation:
          metrics: [loss, blue]
          patience: [5]
        """,
        set: ["training.sed=3", "model.activation=gelu2"])
    }
    #expect(
      error?.description == """
        /runs/run.yaml: 21 problems
        /runs/run.yaml:2:3: data.train.target: missing: expected a text
        /runs/run.yaml:2:30: data.train.traget: unknown key; did you mean 'target'?
        /runs/run.yaml:3:15: data.max_length: expected a whole number of at least 1, found 'abc'
        /runs/run.yaml:4:1: tokeniser: unknown key; did you mean 'tokenizer'?
        /runs/run.yaml:6:9: tokenizer.type: expected one of character, whitespace, byte, bpe, \
        unigram, found 'bpee'
        /runs/run.yaml:7:11: tokenizer.shared: expected true or false, found the text "true"
        /runs/run.yaml:8:22: tokenizer.minimum_frequency: expected a whole number of at least 1, \
        found '0'
        /runs/run.yaml:11:24: model.encoder_layer_count: either layer_count, for both, or \
        encoder_layer_count and decoder_layer_count
        /runs/run.yaml:12:24: model.decoder_layer_count: either layer_count, for both, or \
        encoder_layer_count and decoder_layer_count
        /runs/run.yaml:14:15: model.head_count: 8 heads do not divide an embedding_size of 100
        /runs/run.yaml:15:12: model.dropout: expected a number from 0 up to, not including, 1, \
        found '1'
        /runs/run.yaml:16:1: training.max_steps: missing: when does training end? Set max_steps, \
        max_epochs or both
        /runs/run.yaml:18:20: training.batch_sentences: either batch_tokens or batch_sentences, \
        not both
        /runs/run.yaml:19:14: training.optimizer: expected a section (keys and values), found 'adam'
        /runs/run.yaml:20:26: training.schedule.peak_rate: expected a number above 0, found '-5e-3'
        /runs/run.yaml:20:33: training.schedule.warmup_step: unknown key; did you mean \
        'warmup_steps'?
        /runs/run.yaml:21:1: validation: there is nothing to validate on: set data.validation, or \
        leave this section out
        /runs/run.yaml:22:12: validation.metrics: expected a list of different words out of loss, \
        accuracy, bleu, chrf, rouge, exact_match, found [loss, blue]
        /runs/run.yaml:23:13: validation.patience: expected a whole number of at least 1, found [5]
        --set model.activation=gelu2: model.activation: expected one of relu, gelu, gelu_tanh, swish, geglu, geglu_tanh, swiglu, found 'gelu2'
        --set training.sed=3: training.sed: unknown key; did you mean 'seed'?
        """)
  }

  /// A setting on the minimal configuration, and what is said of it after its place.
  struct Case: CustomTestStringConvertible, Sendable {
    var settings: [String]
    var says: [String]
    var testDescription: String { settings.joined(separator: " ") }

    init(_ settings: String..., says: String...) {
      self.settings = settings
      self.says = says
    }
  }

  static let wrongValues = [
    Case(
      "data.max_length=0", says: "data.max_length: expected a whole number of at least 1, found '0'"
    ),
    Case(
      "data.max_length=1.5",
      says: "data.max_length: expected a whole number of at least 1, found '1.5'"),
    Case(
      "data.max_length=010",
      says: "data.max_length: expected a whole number of at least 1, found '010'"),
    Case(
      "data.max_length=0x10",
      says: "data.max_length: expected a whole number of at least 1, found '0x10'"),
    Case(
      "data.max_length=1__0",
      says: "data.max_length: expected a whole number of at least 1, found '1__0'"),
    Case(
      "data.max_length='5'",
      says: "data.max_length: expected a whole number of at least 1, found the text \"5\""),
    Case(
      "data.max_length=",
      says: "data.max_length: expected a whole number of at least 1, found nothing"),
    Case(
      "data.max_length={a: 1}",
      says: "data.max_length: expected a whole number of at least 1, found a section"),
    Case(
      "data.max_length=[[1]]",
      says: "data.max_length: expected a whole number of at least 1, found a list"),
    Case(
      "data.max_length=99999999999999999999",
      says: "data.max_length: expected a whole number from 1 to 8192, found '99999999999999999999'"),
    Case(
      "training.seed=-1", says: "training.seed: expected a whole number of at least 0, found '-1'"),
    Case(
      "data.on_long=drop",
      says: "data.on_long: expected one of skip, truncate, truncate_source, found 'drop'"),
    Case("data.root=''", says: "data.root: expected a text, found the text \"\""),
    Case(
      "model.type=lstm",
      says: "model.type: expected one of transformer, recurrent, mixed, found 'lstm'"),
    Case(
      "model.dropout=-0.1",
      says: "model.dropout: expected a number from 0 up to, not including, 1, found '-0.1'"),
    Case(
      "model.dropout=nan",
      says: "model.dropout: expected a number from 0 up to, not including, 1, found 'nan'"),
    Case(
      "model.dropout=0x0p0",
      says: "model.dropout: expected a number from 0 up to, not including, 1, found '0x0p0'"),
    Case("model.output_bias=yes", says: "model.output_bias: expected true or false, found 'yes'"),
    Case("model=3", says: "model: expected a section (keys and values), found '3'"),
    Case(
      "training.precision=int8",
      says: "training.precision: expected one of float32, bfloat16, found 'int8'"),
    Case(
      "training.memory=0 GB",
      says: "training.memory: expected a size such as 800 MB or 2 GiB, found '0 GB'"),
    Case(
      "training.memory=1.5 TB",
      says: "training.memory: expected a size such as 800 MB or 2 GiB, found '1.5 TB'"),
    Case(
      "training.label_smoothing=1",
      says: "training.label_smoothing: expected a number from 0 up to, not including, 1, found '1'"),
    Case(
      "training.optimizer.epsilon=0",
      says: "training.optimizer.epsilon: expected a number above 0, found '0'"),
    Case(
      "training.optimizer.clip_norm=0",
      says: "training.optimizer.clip_norm: expected a number above 0, found '0'"),
    Case(
      "training.optimizer.weight_decay=-1",
      says: "training.optimizer.weight_decay: expected a number of at least 0, found '-1'"),
    Case(
      "training.optimizer={type: sgd, beta1: 0.5}",
      says: "training.optimizer.beta1: has no effect with type: sgd, only with adam and adamw"),
    Case(
      "training.optimizer={momentum: 0.5}",
      says: "training.optimizer.momentum: has no effect with type: adam, only with sgd"),
    Case(
      "training.optimizer={type: adamw, epsilon1: 0.5}",
      says: "training.optimizer.epsilon1: has no effect with type: adamw, only with adafactor"),
    Case(
      "training.optimizer={type: sgd, nesterov: true}",
      says: "training.optimizer.nesterov: needs a momentum above 0 and no dampening"),
    Case(
      "training.optimizer.type=adafactr",
      says: "training.optimizer.type: expected one of sgd, adam, adamw, adafactor, "
        + "found 'adafactr'"),
    Case(
      "training.ema_decay=1",
      says: "training.ema_decay: expected a number from 0 up to, not including, 1, found '1'"),
    Case(
      "training={max_steps: 1, batch_sentences: 8, batch_source_tokens: 9}",
      says: "training.batch_source_tokens: has no effect with batch_sentences, only with "
        + "batch_tokens"),
    Case(
      "training.loss_mean=tokens",
      says: "training.loss_mean: expected one of token, sentence, found 'tokens'"),
    Case(
      "training.emadecay=0.9", says: "training.emadecay: unknown key; did you mean 'ema_decay'?"),
    Case(
      "model.form=x", says: "model.form: unknown key; did you mean 'from'?"),
    Case(
      "training.keep_checkpoints=0",
      says: "training.keep_checkpoints: expected a whole number of at least 1, found '0'"),
    Case(
      "tokenizer={type: bpe, vocabulary_size: 100, character_coverage: 1.1}",
      says: "tokenizer.character_coverage: expected a number from 0.98 to 1, found '1.1'"),
    Case("tokenizer=", says: "tokenizer: missing: expected a section of this name"),
    Case(
      "tokenizer={}",
      says: "tokenizer.type: missing: expected one of character, whitespace, byte, bpe, unigram"),
    Case("model.dropuot=0", says: "model.dropuot: unknown key; did you mean 'dropout'?"),
    Case(
      "data.zzz=1",
      says:
        "data.zzz: unknown key; the keys here are train, root, alignments, validation, max_length, "
        + "max_source_length, max_target_length, on_long"),
    Case("data.train.source=[a]", says: "data.train.source: expected a text, found [a]"),
  ]

  @Test("a wrong value is shown with what was expected", arguments: wrongValues)
  func wrongValue(_ test: Case) {
    #expect(report(set: test.settings) == test.says.map { "--set \(test.settings[0]): \($0)" })
  }

  static let disagreements = [
    Case(
      "model.head_count=7", says: "model.head_count: 7 heads do not divide an embedding_size of 512"
    ),
    Case(
      "model={embedding_size: 15, head_count: 3}",
      says: "model.embedding_size: sinusoidal positions need an even size, found 15"),
    Case(
      "model={positions: alibi, head_count: 1}",
      says:
        "model.head_count: alibi positions need at least 2 heads, in the encoder one that looks back "
        + "and one ahead"),
    Case(
      "model.max_positions=300",
      says: "model.max_positions: has no effect with sinusoidal positions, only with learned"),
    Case(
      "model={positions: learned, max_positions: 256}",
      says:
        "model.max_positions: learned positions must reach data.max_length and the tokens added "
        + "to it: expected at least 257, found 256"),
    Case(
      "model.encoder_layer_count=2",
      says: "model.encoder_layer_count: encoder_layer_count and decoder_layer_count go together; "
        + "layer_count is for both"),
    Case(
      "model={type: recurrent, attention: {score: dot}}",
      says: "model.attention.score: dot attention compares decoder states of 256 columns with a "
        + "memory of 512, which must be the same; general attention takes any two sizes"),
    Case(
      "model={type: recurrent, attention: {placement: before, input_feeding: true}}",
      says: "model.attention.input_feeding: needs placement: after; before the step the context "
        + "enters the cell already"),
    Case(
      "model={type: recurrent, bridge: copy}",
      says: "model.bridge: copy needs final states of the decoder's size, not 512 and 256; an "
        + "encoder of both directions gives twice its hidden_size"),
    Case(
      "model={type: recurrent, tying: target, hidden_size: 128}",
      says: "model.tying: target needs embedding_size and hidden_size to be equal, not 256 and 128"),
    Case(
      "model={type: recurrent, context_use: every_step}",
      says: "model.context_use: has no effect with attention; write attention: null for none"),
    Case(
      "model={type: recurrent, cell: gru, forget_bias: 1}",
      says: "model.forget_bias: has no effect with cell: gru"),
    Case(
      "model={type: recurrent, attention: {size: 8}}",
      says: "model.attention.size: has no effect with score: general"),
    Case(
      "model={type: mixed, encoder: {type: transformer}, decoder: {type: recurrent, bridge: copy}}",
      says: "model.decoder.bridge: copy needs an encoder of the same cell, lstm",
      "model.decoder.bridge: copy needs final states of the decoder's size, not 512 and 256; an "
        + "encoder of both directions gives twice its hidden_size"),
    Case(
      "training.max_steps=null",
      says: "training.max_steps: missing: when does training end? Set max_steps, max_epochs or both"
    ),
    Case(
      "training.average_last=0",
      says:
        "training.average_last: 0 takes the best model by validation, which needs data.validation"),
    Case(
      "training.schedule={warmup_steps: 0}",
      says: "training.schedule.warmup_steps: inverse_square_root decays from the end of the "
        + "warm-up: expected at least 1, found 0"),
    Case(
      "training.schedule={type: cosine, warmup_steps: 100}",
      says: "training.schedule.warmup_steps: the warm-up must end before the decay does: "
        + "expected fewer than 100 steps, found 100"),
    Case(
      "training={max_epochs: 1, schedule: {type: linear}}",
      says: "training.schedule.type: missing: a linear schedule needs decay_steps or "
        + "training.max_steps, since the steps of an epoch are not known beforehand"),
    Case(
      "training.schedule={type: constant, decay_steps: 9}",
      says: "training.schedule.decay_steps: has no effect with type: constant, only with cosine "
        + "and linear"),
    Case(
      "training.schedule={type: cosine, warmup_steps: 1, minimum_rate: 1}",
      says: "training.schedule.minimum_rate: expected at most peak_rate, 0.0005, found 1.0"),
    Case(
      "validation={patience: 3}",
      says: "validation: there is nothing to validate on: set data.validation, or leave this "
        + "section out"),
    Case(
      "tokenizer={type: bpe}",
      says:
        "tokenizer.vocabulary_size: missing: type: bpe needs the number of tokens, for instance "
        + "8000"),
    Case(
      "tokenizer={type: byte, vocabulary_size: 300, unit: scalar}",
      says:
        "tokenizer.vocabulary_size: has no effect with type: byte: its tokens are the 256 bytes",
      "tokenizer.unit: has no effect with type: byte, only with character"),
    Case(
      "tokenizer={type: whitespace, byte_fallback: true}",
      says:
        "tokenizer.byte_fallback: has no effect with type: whitespace, only with bpe and unigram"
    ),
    Case(
      "tokenizer={type: unigram, vocabulary_size: 99, minimum_frequency: 2, sampling: {dropout: 0.1}}",
      says: "tokenizer.sampling.dropout: is for bpe; unigram samples by alpha",
      "tokenizer.minimum_frequency: has no effect with type: unigram"),
    Case(
      "tokenizer={type: bpe, vocabulary_size: 99, sampling: {alpha: 0.1}}",
      says: "tokenizer.sampling.alpha: is for unigram; bpe samples by dropout"),
    Case(
      "data.train={source: a, target: b, source_column: 1}",
      says: "data.train.source_column: goes with pairs: FILE; two files are source: FILE and "
        + "target: FILE"),
    Case(
      "data.train={pairs: a, target: b}",
      says: "data.train.target: either pairs, one file with both sides, or source and target, not "
        + "both"),
    Case(
      "data.train={pairs: a, source_key: b, source_column: 1}",
      says: "data.train.source_column: columns are for tab-separated files, keys for JSON Lines: "
        + "not both"),
    Case(
      "data.train={pairs: a, source_column: 2}",
      says: "data.train.source_column: source and target are the same column, 2; say both"),
  ]

  @Test("values that do not go together are refused", arguments: disagreements)
  func disagreement(_ test: Case) {
    #expect(report(set: test.settings) == test.says.map { "--set \(test.settings[0]): \($0)" })
  }

  @Test("a disagreement between the file and an option is shown where the option is")
  func acrossPlaces() {
    let shared = minimalYAML.replacing("type: transformer", with: "tying: all")
    #expect(
      report(shared, set: ["tokenizer.shared=false"]) == [
        "--set tokenizer.shared=false: model.tying: tying: all needs one vocabulary: "
          + "tokenizer.shared: true, or tying: target"
      ])
    let validated = minimalYAML + "validation: { every_steps: 5, best_by: bleu }\n"
    #expect(
      report(validated, set: ["data.validation={pairs: v.tsv}", "validation.every_epochs=1"]) == [
        "/runs/run.yaml:6:40: validation.best_by: 'bleu' is not among the metrics",
        "--set validation.every_epochs=1: validation.every_steps: either every_epochs or "
          + "every_steps, not both",
      ])
  }

  @Test("one mistake is reported once: checks that involve a wrong value are left out")
  func noConsequences() {
    let options = ["model.head_count=x", "training.max_steps=x", "tokenizer={type: x, unit: x}"]
    #expect(report(set: options).count == 4)
  }

  @Test("sections that are missing are named")
  func missingSections() {
    #expect(
      report("model: {}\n") == [
        "/runs/run.yaml: data: missing: expected a section of this name",
        "/runs/run.yaml: tokenizer: missing: expected a section of this name",
        "/runs/run.yaml: training: missing: expected a section of this name",
      ])
    #expect(report("") == ["/runs/run.yaml: expected a configuration, found nothing"])
    #expect(
      report("- a\n") == ["/runs/run.yaml: expected sections (keys and values), found a list"])
  }

  @Test("a key that stands twice is refused, with its place")
  func duplicateKeys() {
    let yaml = minimalYAML.replacing("max_steps: 100", with: "max_steps: 1, max_steps: 2")
    #expect(
      report(yaml) == ["/runs/run.yaml:5:13: 'max_steps' stands more than once in one section"])
  }

  @Test("what is not YAML is refused, with its place")
  func syntax() {
    #expect(
      report("data: {\n") == [
        "/runs/run.yaml:2:1: not YAML: while parsing a flow node did not find expected node content"
      ])
    #expect(report("a: b: c\n").first?.hasPrefix("/runs/run.yaml:1:5: not YAML: ") == true)
    #expect(report("a: *b\n") == ["/runs/run.yaml:1:4: not YAML: found undefined alias"])
    #expect(
      report("a: 1\n---\nb: 2\n").first?.contains("not YAML: expected a single document") == true)
    #expect(
      report("\u{7}") == ["/runs/run.yaml: not YAML: control characters are not allowed"])
    #expect(
      report(minimalYAML + "[a]: 3\n").last
        == "/runs/run.yaml: expected a name before each colon, found a list")
  }

  @Test("options that cannot be applied are refused")
  func wrongOptions() {
    let hint = "expected KEY=VALUE, as in training.max_steps=1000"
    #expect(report(set: ["training.max_steps"]) == ["--set training.max_steps: \(hint)"])
    #expect(report(set: ["=3"]) == ["--set =3: \(hint)"])
    #expect(report(set: ["model..dropout=3"]) == ["--set model..dropout=3: \(hint)"])
    #expect(report(set: ["model.dropout=[3"]) == ["--set model.dropout=[3: the value is not YAML"])
    #expect(
      report(set: ["training.max_steps.x.y=3"]) == [
        "--set training.max_steps.x.y=3: 'training.max_steps' is not a section"
      ])
  }

  @Test(
    "counts have a largest value, below what would overflow",
    arguments: [
      ("data.max_length", 8192), ("training.accumulation", 2_147_483_647),
      ("training.max_epochs", 2_147_483_647), ("model.layer_count", 2_147_483_647),
      ("tokenizer.minimum_frequency", 2_147_483_647), ("validation.patience", 2_147_483_647),
    ])
  func largestCounts(key: String, largest: Int) {
    for value in [
      "\(largest + 1)", "9223372036854775807", "18446744073709551616", "1_000_000_000_000",
    ] {
      let found = report(set: ["\(key)=\(value)"])
      #expect(found.contains { $0.hasSuffix(" to \(largest), found '\(value)'") }, "\(found)")
    }
    #expect(!report(set: ["\(key)=\(largest)"]).contains { $0.contains("whole number") })
    #expect(report(set: ["training.seed=18446744073709551615"]) == [])
  }

  @Test("an unknown section made by an option is shown at the option")
  func unknownSection() {
    #expect(
      report(set: ["trainin.seed=3"])
        == ["--set trainin.seed=3: trainin: unknown key; did you mean 'training'?"])
  }

  @Test("a tab in the indentation is told apart from other faults")
  func tab() {
    #expect(report("data:\n\troot: .\n").first?.contains("by spaces, not tabs") == true)
  }

  @Test("slips are counted in letters, and only near names are suggested")
  func nearestNames() {
    let slips = [
      ("seed", "seed", 0), ("sed", "seed", 1), ("sseed", "seed", 1), ("sead", "seed", 1),
      ("esed", "seed", 1), ("", "seed", 4), ("e\u{301}", "é", 2), ("kitten", "sitting", 3),
    ]
    for (first, second, count) in slips {
      #expect(editDistance(first, second) == count, "\(first) \(second)")
      #expect(editDistance(second, first) == count, "\(second) \(first)")
    }
    #expect(nearestName(to: "warmup", among: ["warmup_steps", "type"]) == nil)
    #expect(nearestName(to: "beta3", among: ["beta1", "beta2"]) == "beta1")
    #expect(nearestName(to: "x", among: []) == nil)
  }
}
