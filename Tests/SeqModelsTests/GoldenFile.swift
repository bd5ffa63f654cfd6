import Foundation
import SeqCheckpoints
import SeqModels
import SeqTensors
import Testing

/// A file of numbers recorded by a script in `Scripts/goldens`: tensors, and a description as JSON.
struct GoldenFile {
  private let file: SafetensorsFile

  init(_ name: String) throws {
    let url = try #require(
      Bundle.module.url(
        forResource: name, withExtension: "safetensors", subdirectory: "Fixtures"))
    file = try SafetensorsFile(path: url.path)
  }

  func description<Description: Decodable>(as type: Description.Type) throws -> Description {
    let text = try #require(file.metadata["golden"])
    return try JSONDecoder().decode(type, from: Data(text.utf8))
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

  /// Gives every parameter its recorded value; names and shapes must be exactly those recorded.
  func assignParameters(to store: ParameterStore, alsoRecorded prefixes: [String]) throws {
    for prefix in ["parameters/"] + prefixes {
      let recorded = file.entries.filter { $0.name.hasPrefix(prefix) }
      let shapes = Dictionary(
        uniqueKeysWithValues: recorded.map { ($0.name.dropFirst(prefix.count), $0.shape) })
      let ours = Dictionary(
        uniqueKeysWithValues: store.parameters.map { ($0.name[...], $0.shape.extents) })
      try #require(shapes == ours, "\(prefix)")
    }
    for parameter in store.parameters {
      parameter.assign(try floats("parameters/" + parameter.name))
    }
  }
}
