import Yams

/// A mapping of a configuration while it is read: hands out typed values by key, notes what is
/// wrong with them, and at the end what keys it does not know.
///
/// Every question for a key makes it a known one. Wrong values are noted and replaced by the
/// default.
final class ConfigurationSection {
  /// The dotted key of the section; empty for the whole file.
  let key: String
  let problems: ConfigurationProblems
  private var values: [String: Node] = [:]
  private var names: [(text: String, mark: Mark?)] = []
  private var knownNames: [String] = []

  /// - Precondition: `mapping` is the value at `key`.
  init(_ mapping: Node.Mapping, key: String, problems: ConfigurationProblems) {
    self.key = key
    self.problems = problems
    for (name, value) in mapping {
      guard let text = name.scalar?.string else {
        problems.note(key, "expected a name before each colon, found \(name.summary)")
        continue
      }
      values[text] = value
      names.append((text, name.mark))
      // What is wrong with a section as a whole is shown at its name.
      problems.locate(dotted(text), at: value.mapping == nil ? value.mark : name.mark)
    }
  }

  /// The full dotted key of a name in this section.
  func dotted(_ name: String) -> String {
    key.isEmpty ? name : "\(key).\(name)"
  }

  /// The value of a key, if it is there and not null; the key is known from now on.
  func node(_ name: String) -> Node? {
    knownNames.append(name)
    guard let value = values[name], !value.isNothing else { return nil }
    return value
  }

  /// Whether a key stands in the section, null or not.
  func contains(_ name: String) -> Bool { values[name] != nil }

  /// Whether a key has a value that is not null; the key is known from now on.
  func isSet(_ name: String) -> Bool { node(name) != nil }

  /// Notes a problem with one of the section's keys.
  func note(_ name: String, _ message: String) {
    problems.note(dotted(name), message)
  }

  /// Notes `message` unless the claim about the keys holds or one of them is wrong already.
  func require(_ isTrue: Bool, about names: String..., or message: @autoclosure () -> String) {
    problems.require(isTrue, about: names.map(dotted), message())
  }

  /// Notes that keys are set which mean nothing here; `reason` says where they would mean something.
  func refuse(_ names: String..., reason: String) {
    for name in names where isSet(name) { note(name, reason) }
  }

  /// Reads the section under a key; nil when it is not there, or is no section.
  func section<Content>(
    _ name: String, isRequired: Bool = false, read: (ConfigurationSection) -> Content
  ) -> Content? {
    guard let node = node(name) else {
      if isRequired { note(name, "missing: expected a section of this name") }
      return nil
    }
    guard let mapping = node.mapping else {
      note(name, "expected a section (keys and values), found \(node.summary)")
      return nil
    }
    let section = ConfigurationSection(mapping, key: dotted(name), problems: problems)
    let content = read(section)
    section.noteUnknownKeys()
    return content
  }

  /// Notes every key that nobody asked for, with the one that was probably meant.
  func noteUnknownKeys() {
    var known: [String] = []
    for name in knownNames where !known.contains(name) { known.append(name) }
    for name in names where !known.contains(name.text) {
      let hint =
        nearestName(to: name.text, among: known).map { "did you mean '\($0)'?" }
        ?? "the keys here are \(known.joined(separator: ", "))"
      problems.note(dotted(name.text), at: name.mark, "unknown key; \(hint)")
    }
  }
}

extension Node {
  /// A few words for messages: what stands there.
  var summary: String {
    switch self {
    case .mapping: return "a section"
    case .sequence: return "a list"
    case .alias: return "an alias"
    case .scalar(let scalar):
      if isNothing { return "nothing" }
      let start = String(String.UnicodeScalarView(scalar.string.unicodeScalars.prefix(40)))
      let shown = start.utf8.count < scalar.string.utf8.count ? start + "…" : start
      return isPlain ? "'\(shown)'" : "the text \"\(shown)\""
    }
  }

  /// Whether this is YAML's null: `null`, `~`, or nothing at all.
  var isNothing: Bool {
    isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar?.string)
  }

  /// Whether this is a scalar without quotation marks, which can be a number or a truth value.
  var isPlain: Bool {
    scalar.map { $0.style == .plain || $0.style == .any } ?? false
  }
}
