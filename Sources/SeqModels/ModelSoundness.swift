internal import Foundation

// Checks on sizes from outside that every family needs.

extension EmbeddingTying {
  /// What stands in the way of sharing vocabulary matrices of these sizes, in words.
  func problems(_ vocabularies: VocabularySizes, embeddingSize: Int, stateSize: Int) -> [String] {
    var problems: [String] = []
    if sharesEmbeddings, vocabularies.source != vocabularies.target {
      problems.append(
        "tying \(rawValue) needs equal vocabularies, not \(vocabularies.source) and "
          + "\(vocabularies.target)")
    }
    if sharesProjection, embeddingSize != stateSize {
      problems.append(
        "tying \(rawValue) needs last states of the embeddings' size, not \(stateSize) and "
          + "\(embeddingSize)")
    }
    return problems
  }

  /// The numbers in a model's embeddings and vocabulary projection.
  func parameterCount(
    _ vocabularies: VocabularySizes, sourceSize: Int, targetSize: Int, stateSize: Int, hasBias: Bool
  ) -> Double {
    let (source, target) = (Double(vocabularies.source), Double(vocabularies.target))
    let tables =
      switch self {
      case .all: target * Double(targetSize)
      case .embeddings: target * Double(targetSize) + target * Double(stateSize)
      case .target: source * Double(sourceSize) + target * Double(targetSize)
      case .none:
        source * Double(sourceSize) + target * Double(targetSize) + target * Double(stateSize)
      }
    return tables + (hasBias ? target : 0)
  }
}

/// Says that so many parameters do not fit into the memory of this machine, if they do not.
func memoryProblems(parameterCount: Double, bytesPerParameter: Int) -> [String] {
  let needed = parameterCount * Double(bytesPerParameter)
  let present = Double(ProcessInfo.processInfo.physicalMemory)
  guard needed > present else { return [] }
  return [
    String(
      format: "%.3g parameters need %.0f GB of memory, and this machine has %.0f: lower the "
        + "sizes of the model or the vocabulary", parameterCount, (needed / 1e9).rounded(.up),
      present / 1e9)
  ]
}
