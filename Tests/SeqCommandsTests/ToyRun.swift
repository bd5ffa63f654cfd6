import Foundation
import SeqKit

/// A training run small enough to be made, killed and compared many times a second: letters to be
/// said backwards, a Transformer of a few thousand numbers, epochs of seven steps.
struct ToyRun {
  let folder: TestFolder

  static let configuration = """
    data:
      root: .
      train: { pairs: train.tsv }
      validation: { pairs: validation.tsv }
    tokenizer: { type: bpe, vocabulary_size: 24, sampling: { dropout: 0.2 } }
    model:
      type: transformer
      layer_count: 1
      embedding_size: 16
      feed_forward_size: 32
      head_count: 2
      dropout: 0.1
    training:
      batch_sentences: 8
      accumulation: 2
      max_steps: 30
      optimizer: { type: adamw, weight_decay: 0.01 }
      schedule: { type: inverse_square_root, peak_rate: 0.01, warmup_steps: 10 }
      seed: 7
      report_every_steps: 1
      checkpoint_every_steps: 5
      average_last: 3
    validation: { every_epochs: 1, metrics: [loss, bleu] }

    """

  /// The data and the configuration, in a folder of their own.
  init() throws {
    folder = try TestFolder()
    try folder.write("toy.yaml", Self.configuration)
    for (name, count, seed) in [("train.tsv", 100, 3 as UInt64), ("validation.tsv", 16, 5)] {
      let lines = Self.pairs(count, seed: seed).map { "\($0.source)\t\($0.target)\n" }
      try folder.write(name, lines.joined())
    }
  }

  static func pairs(_ count: Int, seed: UInt64) -> [(source: String, target: String)] {
    var random = CountedRandom(seed)
    return (0..<count).map { _ in
      let letters = (0..<Int.random(in: 2...6, using: &random)).map { _ in
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"][Int.random(in: 0..<10, using: &random)]
      }
      return (letters.joined(separator: " "), letters.reversed().joined(separator: " "))
    }
  }

  func arguments(output: String, _ more: [String]) -> [String] {
    ["train", folder["toy.yaml"], "--output", folder[output], "--workers", "2"] + more
  }

  func train(_ output: String, _ more: [String] = [], input: String = "") throws
    -> CommandLineTool.Outcome
  {
    try CommandLineTool.run(arguments(output: output, more), input: input)
  }

  func start(_ output: String, _ more: [String] = []) throws -> Run {
    try Run(arguments(output: output, more))
  }

  // MARK: What a run left

  /// The steps of complete checkpoints, in order.
  func checkpoints(of output: String) -> [Int] {
    folder.names(in: "\(output)/checkpoints").compactMap { name in
      name.hasPrefix("step-") ? Int(name.dropFirst(5)) : nil
    }
  }

  /// The steps that metrics.jsonl reports on, a line cut off by a kill left out.
  func reportedSteps(of output: String) throws -> [Int] {
    try folder.text("\(output)/metrics.jsonl").split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .dropLast()
    .map { try Self.object(String($0)) }
    .filter { $0["loss"] != nil }
    .compactMap { $0["step"] as? Int }
  }

  /// Everything that must be the same for two runs to be the same.
  ///
  /// The model, the checkpoints, and the metrics without times; the number of bytes in metrics.jsonl
  /// depends on the times in it.
  func result(of output: String) throws -> [String: [String]] {
    var files: [String: [String]] = [:]
    func add(_ name: String) { files[name] = ["\(folder.bytes("\(output)/\(name)").hashValue)"] }
    add("model.safetensors")
    add("config.json")
    add("tokenizer.json")
    add("shared.model")
    for name in folder.names(in: "\(output)/snapshots") { add("snapshots/\(name)") }
    for name in folder.names(in: "\(output)/checkpoints") {
      add("checkpoints/\(name)/model.safetensors")
      add("checkpoints/\(name)/optimizer.safetensors")
      if folder.contains("\(output)/checkpoints/\(name)/average.safetensors") {
        add("checkpoints/\(name)/average.safetensors")
      }
      let state = folder.text("\(output)/checkpoints/\(name)/state.json")
        .split(separator: "\n").map(String.init)
      files["checkpoints/\(name)/state.json"] = state.filter { line in
        !["\"elapsedSeconds\"", "\"seconds\"", "\"metricsByteCount\""].contains {
          line.contains($0)
        }
      }
    }
    files["metrics.jsonl"] = try folder.text("\(output)/metrics.jsonl")
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { line in
        var object = try Self.object(String(line))
        object["elapsed_seconds"] = nil
        object["target_tokens_per_second"] = nil
        return object.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          .joined(separator: " ")
      }
    return files
  }

  static func object(_ line: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
    return value as? [String: Any] ?? [:]
  }
}

/// The names in which two results differ; none when they are the same.
func differences(_ first: [String: [String]], _ second: [String: [String]]) -> [String] {
  Set(first.keys).union(second.keys).filter { first[$0] != second[$0] }.sorted()
}
