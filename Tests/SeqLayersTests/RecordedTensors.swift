import Foundation
import SeqCheckpoints
import SeqTensors
import SeqTestSupport
import Testing

/// What PyTorch computed in float64, recorded by a script of `Scripts/goldens`.
struct RecordedTensors {
  private let file: SafetensorsFile

  init(_ name: String) throws {
    let url = try #require(
      Bundle.module.url(
        forResource: name, withExtension: "safetensors", subdirectory: "Fixtures"))
    file = try SafetensorsFile(path: url.path)
  }

  func description<Description: Decodable>(_ type: Description.Type) throws -> Description {
    let text = try #require(file.metadata["golden"])
    return try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  func names(prefix: String) -> [String] {
    file.entries.map { $0.name }.filter { $0.hasPrefix(prefix) }
  }

  func shape(_ name: String) throws -> Shape { Shape(try file.entry(name).shape) }

  func floats(_ name: String) throws -> [Float] { try file.floats(of: file.entry(name)) }

  func lengths(_ name: String) throws -> [Int] {
    let entry = try file.entry(name)
    try #require(entry.elementType == .int32)
    return file.withBytes(of: entry) { bytes in
      (0..<entry.elementCount).map {
        Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)))
      }
    }
  }

  func variable(_ name: String, _ context: Context, _ sequences: Sequences? = nil) throws -> Tensor
  {
    context.variable(try floats(name), shape: try shape(name), sequences: sequences)
  }

  /// Gives a store's parameters, whose names and shapes are exactly those recorded, their values.
  func load(_ store: ParameterStore, prefix: String) throws {
    let recorded = try names(prefix: prefix).map {
      "\($0.dropFirst(prefix.count)) \(try shape($0))"
    }
    try #require(recorded.sorted() == store.parameters.map { "\($0.name) \($0.shape)" }.sorted())
    for parameter in store.parameters { parameter.assign(try floats(prefix + parameter.name)) }
  }

  /// The largest gradient under a prefix: what small ones are measured by.
  func scale(prefix: String) throws -> Double {
    try names(prefix: prefix).flatMap { try floats($0) }.reduce(0) { max($0, abs(Double($1))) }
  }

  /// What is wrong with values, by the rule for goldens.
  func problem(_ name: String, _ found: [Float], scale: Double = 0) throws -> String? {
    Tolerance.golden.problem(found, try floats(name), scale: scale).map { "\(name): \($0)" }
  }
}

/// A sum of results, each element times its recorded weight.
func weightedSum(_ results: [(Tensor, weights: [Float])]) -> Tensor? {
  results.reduce(nil) { (sum: Tensor?, result) in
    let (tensor, weights) = result
    let term = (tensor * tensor.context.tensor(weights, shape: tensor.shape)).sum()
    return sum.map { $0 + term } ?? term
  }
}
