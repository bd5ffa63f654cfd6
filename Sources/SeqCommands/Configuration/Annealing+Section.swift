import SeqKit
import Yams

extension ConfigurationSection {
  /// A number that changes over the steps: one number, which does not, or a section.
  ///
  /// The values are in `range`; `start` and `end` stand where the section names none.
  func annealing(
    _ name: String, _ range: NumberRange, start: Double, end: Double, isRequired: Bool = false
  ) -> Annealing {
    if node(name)?.scalar != nil {
      return .constant(number(name, or: start, range))
    }
    if isRequired && !isSet(name) {
      note(name, "missing: expected \(range.description), or a section with a type")
    }
    return section(name) { Annealing(section: $0, range, start: start, end: end) }
      ?? .constant(start)
  }
}

extension Annealing {
  /// The keys of each shape beside `type`.
  private static func keys(of kind: Kind) -> [String] {
    switch kind {
    case .constant: ["start"]
    case .stepwise: ["stages"]
    case .linear: ["start", "end", "first_step", "last_step"]
    case .exponential: ["start", "end", "first_step", "decay"]
    case .inverseSigmoid: ["start", "end", "first_step", "slowness"]
    }
  }

  /// Reads a section such as `training.regime.ratio`.
  init(section: ConfigurationSection, _ range: NumberRange, start: Double, end: Double) {
    let kind: Kind? = section.choice("type")
    section.require(
      kind != nil || section.contains("type"), about: "type",
      or: "missing: which shape? One of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    let type = kind ?? .constant
    let defaults = Annealing(type, start: start, end: end)
    self.init(
      type, start: section.number("start", or: start, range),
      end: section.number("end", or: end, range),
      firstStep: section.wholeNumber("first_step", or: defaults.firstStep, atLeast: 0),
      lastStep: section.optionalWholeNumber("last_step", atLeast: 1),
      decay: section.number("decay", or: defaults.decay, .share),
      slowness: section.number("slowness", or: defaults.slowness, .positive),
      stages: section.stages(range))
    guard kind != nil else { return }
    section.require(
      type != .stepwise || section.contains("stages"), about: "stages",
      or: "missing: expected a list such as [{ from_step: 0, value: 1 }, …]")
    section.require(
      lastStep.map { $0 > firstStep } ?? true, about: "last_step", "first_step",
      or: "expected more than first_step, \(firstStep), found \(lastStep ?? 0)")
    section.require(
      type != .inverseSigmoid || slowness >= 1, about: "slowness",
      or: "expected a number of at least 1, found \(slowness)")
    let known = ["start", "end", "first_step", "last_step", "decay", "slowness", "stages"]
    for key in known where !Self.keys(of: type).contains(key) {
      let others = Kind.allCases.filter { Self.keys(of: $0).contains(key) }
      section.refuse(
        key,
        reason: "has no effect with type: \(type.rawValue), only with "
          + others.map(\.rawValue).joined(separator: ", "))
    }
  }
}

extension ConfigurationSection {
  /// The stages of a stepwise number, in the order in which they begin; noted when they are none.
  fileprivate func stages(_ range: NumberRange) -> [Annealing.Stage] {
    guard let list = node("stages") else { return [] }
    guard let nodes = list.sequence, !nodes.isEmpty else {
      note("stages", "expected a list of sections, found \(list.summary)")
      return []
    }
    let stages = nodes.enumerated().compactMap { index, node in
      stage(node, "stages[\(index)]", range)
    }
    guard stages.count == nodes.count else { return stages }
    let starts = stages.map { $0.fromStep.map(Double.init) ?? $0.fromShare ?? 0 }
    require(
      zip(starts, starts.dropFirst()).allSatisfy { $0 < $1 }, about: "stages",
      or: "expected stages in the order in which they begin")
    require(
      stages.allSatisfy { ($0.fromStep == nil) == (stages[0].fromStep == nil) }, about: "stages",
      or: "expected from_step in all stages or from_share in all")
    return stages
  }

  private func stage(
    _ node: Node, _ name: String, _ range: NumberRange
  ) -> Annealing.Stage? {
    problems.locate(dotted(name), at: node.mark)
    var stage = Annealing.Stage(fromStep: 0, value: 1)
    guard let mapping = node.mapping else {
      note(name, "expected a section (from_step or from_share, and value), found \(node.summary)")
      return nil
    }
    let section = ConfigurationSection(mapping, key: dotted(name), problems: problems)
    stage.value = section.number("value", or: 1, range)
    if !section.contains("value") { section.note("value", "missing: \(range.description)") }
    stage.fromStep = section.optionalWholeNumber("from_step", atLeast: 0)
    stage.fromShare = section.optionalNumber("from_share", or: nil, .proportion)
    if (stage.fromStep == nil) == (stage.fromShare == nil) {
      // One of the two is noted already when it is wrong.
      section.require(
        false, about: "from_step", "from_share",
        or: "a stage begins either from_step: N or from_share: a share of the run")
    }
    section.noteUnknownKeys()
    return (stage.fromStep == nil) == (stage.fromShare == nil) ? nil : stage
  }
}
