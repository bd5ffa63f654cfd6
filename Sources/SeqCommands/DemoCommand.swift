import ArgumentParser
import Foundation
import SeqKit

/// `seq2seq demo`: a task that the toolkit makes itself, from data to a model that answers.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Train on a built-in task and show what was learned.",
    discussion: """
      Needs no data. The output directory is an ordinary training directory with the data beside \
      it: translate reads it, train can resume it.

        seq2seq demo --task reverse --output runs/reverse
        echo "a b c d" | seq2seq translate runs/reverse
      """)

  @Option(help: "reverse: letters in reverse order.")
  var task: Task = .reverse

  @Option(help: ArgumentHelp("Where the model goes.", valueName: "directory"))
  var output: String?

  @OptionGroup var threads: WorkerOptions

  @Option(help: "What data and model are drawn from.")
  var seed: UInt64 = 1

  enum Task: String, CaseIterable, ExpressibleByArgument {
    case reverse
  }

  @Option var printPairs: String = ""
  func run() throws {
    try reportingErrors {
      if !printPairs.isEmpty { let p = printPairs.split(separator: ":").map(String.init)
      for pair in try BuiltInTask(rawValue: p[0])!.pairs(BuiltInTask.Fold(rawValue: p[2])!, count: Int(p[1])!) { print(pair.source + "\t" + pair.target) }
      return }
      let output = URL(fileURLWithPath: output ?? "runs/demo-\(task.rawValue)")
      let contents = try? FileManager.default.contentsOfDirectory(atPath: output.path)
      // Before the data of the run that is there is written over.
      guard contents ?? [] == [] else { throw TrainingError.outputNotEmpty(path: output.path) }
      let demo = ReverseDemo(seed: seed)
      let data = output.deletingLastPathComponent().appendingPathComponent(
        output.lastPathComponent + "-data")
      try demo.writeData(to: data)
      let job = TrainingJob(
        demo.configuration(data: data), output: output,
        workerCount: threads.count)
      try runInterruptibly(job, resuming: false)
      try demo.showResult(of: output, workerCount: job.workerCount)
    }
  }
}

/// Sequences of 3 to 10 letters from a to j, to be said backwards.
struct ReverseDemo {
  let seed: UInt64
  private static let trainingCount = 10_000
  private static let testCount = 512

  /// Training, validation and test pairs; no test source occurs in training.
  private func pairs() -> (train: [(String, String)], test: [(String, String)]) {
    var random = CountedRandom(seed, CountedRandom.hash("reverse"))
    var seen: Set<String> = []
    func draw() -> (String, String) {
      while true {
        let letters = (0..<Int.random(in: 3...10, using: &random)).map { _ in
          String(UnicodeScalar(UInt8(ascii: "a") + UInt8.random(in: 0..<10, using: &random)))
        }
        let source = letters.joined(separator: " ")
        if seen.insert(source).inserted {
          return (source, letters.reversed().joined(separator: " "))
        }
      }
    }
    let train = (0..<Self.trainingCount).map { _ in draw() }
    return (train, (0..<Self.testCount).map { _ in draw() })
  }

  func writeData(to directory: URL) throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let (train, test) = pairs()
    for (name, pairs) in [("train.tsv", train), ("test.tsv", test)] {
      let text = pairs.map { "\($0.0)\t\($0.1)\n" }.joined()
      try SeqCheckpoints.AtomicFile.write(
        Array(text.utf8), to: directory.appendingPathComponent(name).path)
    }
  }

  func configuration(data: URL) -> RunConfiguration {
    RunConfiguration(
      data: CorpusConfiguration(
        root: data.path,
        train: .table(pairs: "train.tsv", sourceColumn: 1, targetColumn: 2),
        validation: .table(pairs: "test.tsv", sourceColumn: 1, targetColumn: 2)),
      tokenizer: TokenizerConfiguration(type: .whitespace),
      model: TransformerConfiguration(
        encoderLayerCount: 3, decoderLayerCount: 3, embeddingSize: 256, feedForwardSize: 1024,
        headCount: 8, dropout: 0.1),
      training: TrainingConfiguration(
        batchTokens: nil, batchSentences: 64, maxEpochs: 12, labelSmoothing: 0,
        optimizer: OptimizerConfiguration(type: .adamw, beta2: 0.98, weightDecay: 0.01),
        schedule: ScheduleConfiguration(
          type: .cosine, peakRate: 1e-3, warmupSteps: 200),
        seed: seed),
      validation: ValidationConfiguration(metrics: [.loss, .accuracy]))
  }

  func showResult(of output: URL, workerCount: Int) throws {
    let loaded = try ModelDirectory.load(output)
    let pool = ComputePool(workerCount: workerCount, store: loaded.model.store)
    let translator = try Translator(
      loaded.model,
      options: SearchOptions(
        beamSize: 1, maximumLength: LengthLimit(perSourceToken: 2, constant: 10)), pool: pool)
    let test = pairs().test
    let answers = try translator(test.map { loaded.codec.encodeSource(Array($0.0.utf8)) })
      .map { loaded.codec.decodeTarget($0.best.tokens) }
    for (pair, answer) in zip(test.prefix(5), answers) { print("\(pair.0)  →  \(answer)") }
    let correct = zip(test, answers).count { Array($0.1.utf8) == Array($1.utf8) }
    print("\(correct) of \(test.count) unseen sequences exactly right")
    print("Try it: echo \"a b c d\" | .build/release/seq2seq translate \(output.relativePath)")
  }
}
