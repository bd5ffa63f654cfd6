import ArgumentParser
import Foundation
import SeqKit

struct ScratchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "scratch")
  @Option var steps = 400
  @Option var workers = 2
  @Option var rate = 5e-4
  @Option var big = 0
  func run() throws {
    var random = CountedRandom(7)
    func pair() -> TokenBatch.Pair {
      let n = big > 0 ? Int.random(in: 6...24, using: &random) : Int.random(in: 3...10, using: &random)
      let s = (0..<n).map { _ in Int32.random(in: 4..<(big > 0 ? Int32(big) : 14), using: &random) }
      return .init(source: s + [2], target: Array(s.reversed()))
    }
    let train = (0..<10000).map { _ in pair() }
    let valid = (0..<512).map { _ in pair() }
    let v = big > 0 ? big : 14
    let model = Transformer(
      big > 0 ? .init(encoderLayerCount: 4, decoderLayerCount: 4, embeddingSize: 128, feedForwardSize: 256, headCount: 4, dropout: 0.3)
      : .init(encoderLayerCount: 3, decoderLayerCount: 3, embeddingSize: 256, feedForwardSize: 1024, headCount: 8, dropout: 0.1), vocabularies: .init(source: v, target: v))
    let c = RunConfiguration(data: .init(train: .parallel(source: "", target: "")), tokenizer: .init(type: .whitespace), model: model.configuration,
      training: .init(batchTokens: nil, batchSentences: 64, maxSteps: steps, labelSmoothing: 0.1, optimizer: .init(type: .adamw), schedule: .init(type: .inverseSquareRoot, peakRate: rate, warmupSteps: 200), reportEverySteps: 20, checkpointEverySteps: 1000), validation: .init(everyEpochs: 1, metrics: [.loss, .accuracy, .bleu]))
    try? FileManager.default.removeItem(atPath: "/tmp/scratch-run")
    try FileManager.default.createDirectory(atPath: "/tmp/scratch-run", withIntermediateDirectories: true)
    let set = ValidationSet(pairs: valid, references: valid.map { $0.target.map(String.init).joined(separator: " ") }, decode: { $0.map(String.init).joined(separator: " ") })
    let t = try Trainer(c, model: model, data: PairsInMemory(train, batchSentences: big > 0 ? 250 : 64), validation: big > 0 ? nil : set, directory: "/tmp/scratch-run", resuming: false, workerCount: workers) { e in
      switch e {
      case .report(let r): print(r.step, r.loss, r.accuracy, Int(r.targetTokensPerSecond), r.gradientNorm)
      case .validation(let r): print(r)
      default: break
      }
    }
    print(try t.run())
  }
}
