import Yams

/// The problems met so far while a configuration is read, and what is needed to place them.
///
/// A wrong value does not stop the reading: it is noted here, a default takes its place, and
/// checks that would involve it are left out, so that one mistake is reported once.
final class ConfigurationProblems {
  /// Dotted keys that options set, with the option's text.
  private let options: [String: String]
  private var marks: [String: Mark] = [:]
  private var faultyKeys: Set<String> = []
  private var problems: [ConfigurationProblem] = []

  init(options: [String: String] = [:]) {
    self.options = options
  }

  /// Everything noted: first what has no position, then by position, then by option.
  var sorted: [ConfigurationProblem] {
    func rank(_ place: ConfigurationProblem.Place) -> (Int, Int, Int) {
      switch place {
      case .file: (0, 0, 0)
      case .position(let line, let column): (1, line, column)
      case .option: (2, 0, 0)
      }
    }
    return problems.enumerated()
      .sorted { first, second in
        let ranks = (rank(first.element.place), rank(second.element.place))
        // The order of discovery decides between equals.
        return ranks.0 == ranks.1 ? first.offset < second.offset : ranks.0 < ranks.1
      }
      .map(\.element)
  }

  var isEmpty: Bool { problems.isEmpty }

  /// Remembers where a key's value stands.
  func locate(_ key: String, at mark: Mark?) {
    marks[key] = mark
  }

  /// Notes a problem with a key, at `mark` or else at the place that was remembered for it or for
  /// the nearest section around it; a key that an option set is placed there.
  func note(_ key: String, at mark: Mark? = nil, _ message: String) {
    faultyKeys.insert(key)
    problems.append(ConfigurationProblem(place: place(of: key, mark), key: key, message: message))
  }

  /// Notes a problem that was met before any key was read.
  func note(at place: ConfigurationProblem.Place, _ message: String) {
    problems.append(ConfigurationProblem(place: place, key: "", message: message))
  }

  /// Notes `message` unless the claim holds; passes over it when one of the keys that it is about
  /// is already known to be wrong.
  ///
  /// The problem is that of the first of the keys that stands in the file or in an option. It is
  /// shown at an option, if one sets any of the keys, and at that key otherwise.
  func require(_ isTrue: Bool, about keys: [String], _ message: @autoclosure () -> String) {
    guard !isTrue, faultyKeys.isDisjoint(with: keys) else { return }
    let present = keys.first { marks[$0] != nil || options[$0] != nil }
    guard let key = present ?? keys.first else { return }
    let setting = keys.lazy.compactMap { self.option(for: $0) }.first
    let place = setting.map { ConfigurationProblem.Place.option($0) } ?? place(of: key, nil)
    problems.append(ConfigurationProblem(place: place, key: key, message: message()))
  }

  private func place(of key: String, _ mark: Mark?) -> ConfigurationProblem.Place {
    if let option = option(for: key) { return .option(option) }
    // A section that is nowhere in the file was made by an option for a key in it.
    if mark == nil, marks[key] == nil,
      let inside = options.keys.filter({ $0.hasPrefix(key + ".") }).min()
    {
      return .option(options[inside] ?? inside)
    }
    let nearest = Self.prefixes(of: key).lazy.compactMap { self.marks[$0] }.first
    guard let mark = mark ?? nearest else { return .file }
    return .position(line: mark.line, column: mark.column)
  }

  /// The text of the option that sets a key, or a section around it.
  private func option(for key: String) -> String? {
    Self.prefixes(of: key).lazy.compactMap { self.options[$0] }.first
  }

  /// A dotted key and the sections around it, innermost first.
  private static func prefixes(of key: String) -> [String] {
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    return (1...parts.count).reversed().map { parts.prefix($0).joined(separator: ".") }
  }
}
