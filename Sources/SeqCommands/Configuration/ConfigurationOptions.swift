import Yams

/// Values that take the place of a configuration file's: `--set KEY=VALUE` and `SEQ2SEQ_DATA`.
struct ConfigurationOptions {
  private struct Assignment {
    var keys: [String]
    var value: Node
    /// What the person wrote, for messages.
    var text: String
  }

  private var assignments: [Assignment] = []
  /// The options that could not be understood.
  private var problems: [(place: ConfigurationProblem.Place, message: String)] = []

  /// Takes options in their order, the later ones prevailing.
  ///
  /// - Parameters:
  ///   - settings: `KEY=VALUE` each, keys dotted, values in YAML: `training.optimizer.type=adamw`,
  ///     `validation.metrics=[loss, bleu]`.
  ///   - environment: of which `SEQ2SEQ_DATA` sets `data.root`, unless a setting does.
  init(settings: [String], environment: [String: String]) {
    if let root = environment["SEQ2SEQ_DATA"], !root.isEmpty {
      assignments.append(
        Assignment(
          keys: ["data", "root"], value: Node(root, .implicit, .doubleQuoted),
          text: "SEQ2SEQ_DATA=\(root)"))
    }
    for setting in settings { append(setting) }
  }

  private mutating func append(_ setting: String) {
    let text = "--set \(setting)"
    let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let keys = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !keys.contains("") else {
      problems.append((.option(text), "expected KEY=VALUE, as in training.max_steps=1000"))
      return
    }
    // The standard input's name, which YAML would take for the beginning of a list.
    if parts[1] == "-" {
      assignments.append(
        Assignment(keys: keys, value: Node("-", .implicit, .doubleQuoted), text: text))
      return
    }
    do {
      // Nothing after the sign means no value, as in a file.
      let value = try Yams.compose(yaml: String(parts[1])) ?? Node("", .implicit, .plain)
      assignments.append(Assignment(keys: keys, value: value, text: text))
    } catch {
      problems.append((.option(text), "the value is not YAML"))
    }
  }

  /// The dotted keys that are set, with the option's text.
  var texts: [String: String] {
    Dictionary(
      assignments.map { ($0.keys.joined(separator: "."), $0.text) },
      uniquingKeysWith: { _, later in later })
  }

  /// The tree of a file with the options' values in it.
  func applied(to root: Node, noting noted: ConfigurationProblems) -> Node {
    for problem in problems { noted.note(at: problem.place, problem.message) }
    var root = root
    for assignment in assignments {
      do throws(NotASection) {
        root = try Self.replacing(assignment.keys[...], in: root, by: assignment.value)
      } catch {
        noted.note(
          at: .option(assignment.text),
          "'\(assignment.keys.dropLast(error.depth).joined(separator: "."))' is not a section")
      }
    }
    return root
  }

  /// A key in the middle of a dotted one has a value that holds no keys.
  private struct NotASection: Error {
    /// The parts of the dotted key that follow it.
    var depth: Int
  }

  private static func replacing(
    _ keys: ArraySlice<String>, in node: Node?, by value: Node
  ) throws(NotASection) -> Node {
    guard let key = keys.first else { return value }
    var pairs: [(Node, Node)] = []
    var mark: Mark?
    if let node, !node.isNothing {
      guard let mapping = node.mapping else { throw NotASection(depth: keys.count) }
      pairs = mapping.map { ($0.key, $0.value) }
      mark = mapping.mark
    }
    let index = pairs.firstIndex { $0.0.scalar?.string == key }
    let child = try replacing(keys.dropFirst(), in: index.map { pairs[$0].1 }, by: value)
    if let index {
      pairs[index].1 = child
    } else {
      pairs.append((Node(key), child))
    }
    return .mapping(Node.Mapping(pairs, .implicit, .any, mark))
  }
}
