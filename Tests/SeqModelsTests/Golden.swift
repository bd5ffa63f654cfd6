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
  ]

  let configuration: TransformerConfiguration
  let optimizer: OptimizerConfiguration
  let task: Task
  /// Rows on which the loss does not depend, so that Adam makes steps of rounding there.
  let flat: [String: Range<Int>]
  private let file: SafetensorsFile

  init(_ name: String) throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "transformer-\(name)", withExtension: "safetensors", subdirectory: "Fixtures"))
    file = try SafetensorsFile(path: url.path)
    let text = try #require(file.metadata["golden"])
    let description = try JSONDecoder().decode(Description.self, from: Data(text.utf8))
    configuration = description.model
    optimizer = description.optimizer
    task = description.task
    flat = description.flat.mapValues { $0[0]..<$0[1] }
  }

  func floats(_ name: String) throws -> [Float] { try file.floats(of: file.entry(name)) }

  func doubles(_ name: String) throws -> [Double] {
    let entry = try file.entry(name)
    try #require(entry.elementType == .float64)
    return file.withBytes(of: entry) { bytes in
      (0..<entry.elementCount).map {
        Double(
          bitPattern: UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
  }

  private func integers(_ name: String) throws -> [Int32] {
    let entry = try file.entry(name)
    try #require(entry.elementType == .int32)
    return file.withBytes(of: entry) { bytes in
      (0..<entry.elementCount).map {
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
      }
    }
  }

  private func sentences(_ side: String) throws -> [[Int32]] {
    var rest = try integers(side + "_ids")[...]
    let sentences = try integers(side + "_lengths").map { length in
      defer { rest = rest.dropFirst(Int(length)) }
      return Array(rest.prefix(Int(length)))
    }
    try #require(rest.isEmpty)
    return sentences
  }

  func pairs() throws -> [TokenBatch.Pair] {
    TokenBatch.numberingRows(
      zip(try sentences("source"), try sentences("target")).map {
        TokenBatch.Pair(source: $0, target: $1)
      })
  }

  /// A model of the recorded parameters, whose names and shapes are exactly those recorded.
  func model() throws -> Transformer {
    let model = Transformer(
      configuration,
      vocabularies: VocabularySizes(
        source: task.sourceVocabularySize, target: task.targetVocabularySize))
    for prefix in ["parameters/", "gradients/", "final_parameters/"] {
      let recorded = file.entries.filter { $0.name.hasPrefix(prefix) }
      let shapes = Dictionary(
        uniqueKeysWithValues: recorded.map { ($0.name.dropFirst(prefix.count), $0.shape) })
      let ours = Dictionary(
        uniqueKeysWithValues: model.store.parameters.map { ($0.name[...], $0.shape.extents) })
      try #require(shapes == ours, "\(prefix)")
    }
    for parameter in model.store.parameters {
      parameter.assign(try floats("parameters/" + parameter.name))
    }
    return model
  }
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
