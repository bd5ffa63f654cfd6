import Foundation
import SeqCheckpoints
import SeqModels
import SeqOptimizers
import SeqTensors
import Testing

/// What PyTorch computed in float64 for one small Transformer, recorded by
/// `Scripts/goldens/transformer.py`.
struct Golden {
  struct Task: Decodable {
    let sourceVocabularySize: Int
    let targetVocabularySize: Int
    let pad: Int32
    let bos: Int32
    let eos: Int32
    let labelSmoothing: Double
    let learningRate: Double
    let stepCount: Int
  }

  private struct Description: Decodable {
    let model: TransformerConfiguration
    let optimizer: OptimizerConfiguration
    let task: Task
    let flat: [String: [Int]]
  }

  static let names = [
    "post-relu-sinusoidal-untied", "pre-gelu-learned-tied-all", "pre-relu-sinusoidal-tied-target",
    "pre-relu-documents", "post-gelu-learned-documents",
  ]

  let configuration: TransformerConfiguration
  let optimizer: OptimizerConfiguration
  let task: Task
  /// Rows on which the loss does not depend, so that Adam makes steps of rounding there.
  let flat: [String: Range<Int>]
  let file: GoldenFile

  init(_ name: String) throws {
    file = try GoldenFile("transformer-\(name)")
    let description = try file.description(as: Description.self)
    configuration = description.model
    optimizer = description.optimizer
    task = description.task
    flat = description.flat.mapValues { $0[0]..<$0[1] }
  }

  /// A model of the recorded parameters, whose names and shapes are exactly those recorded.
  func model() throws -> Transformer {
    let model = Transformer(
      configuration,
      vocabularies: VocabularySizes(
        source: task.sourceVocabularySize, target: task.targetVocabularySize))
    try file.assignParameters(
      to: model.store, alsoRecorded: ["gradients/", "final_parameters/"])
    return model
  }

  func pairs() throws -> [TokenBatch.Pair] { try file.pairs() }
  func floats(_ name: String) throws -> [Float] { try file.floats(name) }
  func doubles(_ name: String) throws -> [Double] { try file.doubles(name) }
}

/// `x − log Σ exp(x)` of every row, computed in double precision.
func logSoftmax(_ logits: [Float], columns: Int) -> [Float] {
  stride(from: 0, to: logits.count, by: columns).flatMap { start in
    let row = logits[start..<start + columns].map(Double.init)
    let largest = row.max() ?? 0
    let normalizer = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
    return row.map { Float($0 - normalizer) }
  }
}
