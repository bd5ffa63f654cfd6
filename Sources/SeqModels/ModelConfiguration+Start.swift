// What training may start from: a model of the same parameters, or one that lacks what can be added.
//
// Coverage can be. See, Liu and Manning 2017, §5, train without it first: from the first step on its
// loss stands in the way of learning what to copy.
extension ModelConfiguration {
  /// The keys in which this is another model than the one that training starts from, or than that with
  /// its additions.
  package func differences(fromStart start: ModelConfiguration)
    -> [(key: String, own: String, other: String)]
  {
    architectureDifferences(from: start).filter {
      !($0.key.hasSuffix("copying.coverage") && addsCoverage(to: start))
    }
  }

  /// The names of the parameters that a model has which starts from another one and the other has not.
  package func additions(toStart start: ModelConfiguration) -> Set<String> {
    addsCoverage(to: start) ? ["pointer.coverage"] : []
  }

  private func addsCoverage(to start: ModelConfiguration) -> Bool {
    copying?.coverage == true && start.copying?.coverage == false
  }
}
