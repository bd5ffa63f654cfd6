/// How a model copies words of the source: the `copying` section of a model's configuration.
///
/// - SeeAlso: ``PointerGenerator``; See, Liu, Manning 2017, arXiv:1704.04368.
public struct CopyingConfiguration: Codable, Hashable, Sendable {
  /// Columns that the attention of the pointer compares; nil is the size of the decoder's states.
  public var size: Int?
  /// Whether that attention knows what it was given to before, and giving again costs.
  public var coverage: Bool
  /// What a unit of attention given again adds to the loss, nats; with coverage only.
  public var coverageWeight: Double

  /// By default without coverage; its weight is the paper's.
  public init(size: Int? = nil, coverage: Bool = false, coverageWeight: Double = 1) {
    self.size = size
    self.coverage = coverage
    self.coverageWeight = coverageWeight
  }
}

extension CopyingConfiguration {
  /// What is wrong by itself, and the keys that say so.
  var problems: [String] {
    var problems: [String] = []
    if let size, size < 1 { problems.append("copying.size is \(size), below 1") }
    if !(coverageWeight >= 0 && coverageWeight.isFinite) {
      problems.append("copying.coverage_weight is \(coverageWeight), no number from 0 up")
    }
    return problems
  }

  /// Why words cannot be copied between these vocabularies.
  func problems(_ vocabularies: VocabularySizes) -> [String] {
    vocabularies.source == vocabularies.target
      ? []
      : [
        "copying needs one vocabulary for source and target, not \(vocabularies.source) and "
          + "\(vocabularies.target) words"
      ]
  }

  /// How many numbers a pointer has; in floating point, since sizes from outside may be absurd.
  func parameterCount(stateSize: Double, memorySize: Double) -> Double {
    let columns = size.map(Double.init) ?? stateSize
    return columns * (stateSize + 1) + columns * memorySize + columns * (coverage ? 2 : 1)
      + stateSize * memorySize + stateSize + memorySize + 1
  }
}

extension CopyingConfiguration? {
  /// The keys in which two models differ that cannot have the same parameters.
  func architectureDifferences(from other: CopyingConfiguration?)
    -> [(key: String, own: String, other: String)]
  {
    guard let own = self, let other else {
      let names = [self, other].map { $0 == nil ? "none" : "a section" }
      return names[0] == names[1] ? [] : [("copying", names[0], names[1])]
    }
    func size(_ copying: CopyingConfiguration) -> String {
      copying.size.map { "\($0)" } ?? "that of the states"
    }
    return (own.size == other.size ? [] : [("copying.size", size(own), size(other))])
      + (own.coverage == other.coverage
        ? [] : [("copying.coverage", "\(own.coverage)", "\(other.coverage)")])
  }
}
