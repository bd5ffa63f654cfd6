internal import Foundation
internal import SeqModels

/// `onnx.json`: what a program needs to know to run the graphs.
struct ONNXDescription: Encodable {
  /// What goes into a graph or comes out of it.
  struct Port: Encodable {
    let name: String
    /// float, int64 or bool.
    let type: String
    /// Numbers, and names of what can be any number.
    let shape: [Extent]
  }

  enum Extent: Encodable {
    case fixed(Int)
    case named(String)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .fixed(let value): try container.encode(value)
      case .named(let name): try container.encode(name)
      }
    }
  }

  struct Graph: Encodable {
    let file: String
    let inputs: [Port]
    let outputs: [Port]
  }

  struct SpecialIDs: Encodable {
    let padding: Int32
    let beginning: Int32
    let end: Int32
    let unknown: Int32
  }

  let formatVersion = 1
  let opset = GraphFile.opset
  let sourceVocabularySize: Int
  let targetVocabularySize: Int
  let specialTokens: SpecialIDs
  /// Ids that a search never chooses.
  let unpredictedTokens: [Int32]
  /// The most positions that a text may have; null without limit.
  let maxPositions: Int?
  let generation: GenerationSettings?
  let encoder: Graph
  let decoder: Graph
  let decoderWithPast: Graph

  init(_ graphs: ModelGraphs, _ directory: ModelDirectory) {
    let vocabularies = directory.model.vocabularies
    sourceVocabularySize = vocabularies.source
    targetVocabularySize = vocabularies.target
    let special = vocabularies.specialTokens
    specialTokens = SpecialIDs(
      padding: special.padding, beginning: special.beginning, end: special.end,
      unknown: special.unknown)
    unpredictedTokens = vocabularies.unpredictedTokens
    maxPositions = directory.model.configuration.maxPositions
    generation = directory.generation
    encoder = Self.described(graphs.encoder)
    decoder = Self.described(graphs.decoder)
    decoderWithPast = Self.described(graphs.decoderWithPast)
  }

  private static func described(_ part: ModelGraphs.Part) -> Graph {
    func ports(_ all: [GraphPort]) -> [Port] {
      all.map { port in
        Port(
          name: port.name, type: port.elementType.rawValue,
          shape: port.shape.map { extent in
            switch extent {
            case .fixed(let value): .fixed(value)
            case .named(let name): .named(name)
            }
          })
      }
    }
    return Graph(
      file: part.file, inputs: ports(part.graph.inputs), outputs: ports(part.graph.outputs))
  }

  /// As the file holds it.
  func text() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return Array(try encoder.encode(self)) + [0x0A]
  }
}
