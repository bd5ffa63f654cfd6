import SeqKit

extension ConfigurationSection {
  /// The `copying` section of a model; `copying: null` is none.
  func copying(or known: CopyingConfiguration?) -> CopyingConfiguration? {
    guard contains("copying") else { return known }
    return section("copying") { section in
      let defaults = known ?? CopyingConfiguration()
      let coverage = section.flag("coverage", or: defaults.coverage)
      if !coverage {
        section.refuse("coverage_weight", reason: "has no effect without coverage: true")
      }
      return CopyingConfiguration(
        size: section.optionalWholeNumber("size", atLeast: 1) ?? defaults.size,
        coverage: coverage,
        coverageWeight: section.number(
          "coverage_weight", or: defaults.coverageWeight, .notNegative))
    }
  }
}
