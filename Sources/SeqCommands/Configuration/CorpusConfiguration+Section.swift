import Foundation
import SeqKit

/// Where relative paths of a configuration start.
struct ConfigurationFolders {
  /// The folder of the configuration file, absolute.
  private let file: String
  private let working: String
  /// Dotted keys whose values come from options instead of the file.
  private let overriddenKeys: Set<String>

  /// - Parameters:
  ///   - file: the configuration's path.
  ///   - overriddenKeys: dotted keys, or sections, whose values come from options.
  init(file: String, overriddenKeys: some Sequence<String>) {
    working = FileManager.default.currentDirectoryPath
    self.file = Self.join(working, TemporaryName.folder(of: file))
    self.overriddenKeys = Set(overriddenKeys)
  }

  /// The absolute path that a value of `data.root`, `model.from` or `tokenizer.from` means.
  func absolute(_ path: String, of section: String, _ name: String) -> String {
    let isOverridden =
      overriddenKeys.contains(section)
      || overriddenKeys.contains("\(section).\(name)")
    return Self.join(isOverridden ? working : file, path)
  }

  private static func join(_ folder: String, _ path: String) -> String {
    if path.utf8.first == UInt8(ascii: "/") { return path }
    // ".." stays: taking it away with the name before it would be wrong after a symbolic link.
    return path.isEmpty || path == "." ? folder : "\(folder)/\(path)"
  }
}

extension CorpusConfiguration {
  /// Reads the `data` section.
  init(section: ConfigurationSection, folders: ConfigurationFolders) {
    let train = section.section("train", isRequired: true) { Source(section: $0, fold: .train) }
    let defaults = CorpusConfiguration(train: .parallel(source: "", target: ""))
    self.init(
      root: folders.absolute(section.text("root") ?? defaults.root, of: "data", "root"),
      train: train ?? defaults.train, alignments: section.text("alignments"),
      validation: section.section("validation") { Source(section: $0, fold: .validation) },
      maxLength: section.wholeNumber(
        "max_length", or: defaults.maxLength, atLeast: 1, atMost: Self.longestSentence),
      maxSourceLength: section.optionalWholeNumber(
        "max_source_length", atLeast: 1, atMost: Self.longestSentence),
      maxTargetLength: section.optionalWholeNumber(
        "max_target_length", atLeast: 1, atMost: Self.longestSentence),
      onLong: section.choice("on_long") ?? defaults.onLong)
    if case .task = self.train {
      section.refuse("alignments", reason: "a built-in task has none; name files under train")
    }
  }
}

extension CorpusConfiguration.Source {
  /// Reads `{source, target}`, `{pairs, …}` or `{task, pair_count}`; a problem leaves any of the
  /// forms.
  ///
  /// The fold says which of a task's pairs are meant.
  init(section: ConfigurationSection, fold: BuiltInTask.Fold) {
    if section.isSet("task") {
      self = Self.task(section: section, fold: fold)
      return
    }
    section.refuse(
      "pair_count", "seed", "max_length",
      reason: "goes with task: NAME, whose pairs the toolkit makes itself")
    guard section.isSet("pairs") else {
      section.refuse(
        "source_column", "target_column", "source_key", "target_key",
        reason: "goes with pairs: FILE; two files are source: FILE and target: FILE")
      self = .parallel(
        source: section.requiredText("source"), target: section.requiredText("target"))
      return
    }
    section.refuse(
      "source", "target",
      reason: "either pairs, one file with both sides, or source and target, not both")
    let pairs = section.text("pairs") ?? ""
    let hasKeys = section.isSet("source_key") || section.isSet("target_key")
    let hasColumns = section.isSet("source_column") || section.isSet("target_column")
    let isNamedJSON = pairs.hasSuffix(".jsonl") || pairs.hasSuffix(".jsonl.gz")
    if hasKeys || (isNamedJSON && !hasColumns) {
      section.refuse(
        "source_column", "target_column",
        reason: "columns are for tab-separated files, keys for JSON Lines: not both")
      self = .jsonLines(
        pairs: pairs, sourceKey: section.text("source_key") ?? "source",
        targetKey: section.text("target_key") ?? "target")
    } else {
      let source = section.wholeNumber("source_column", or: 1, atLeast: 1)
      let target = section.wholeNumber("target_column", or: 2, atLeast: 1)
      section.require(
        source != target, about: "target_column", "source_column",
        or: "source and target are the same column, \(source); say both")
      self = .table(pairs: pairs, sourceColumn: source, targetColumn: target)
    }
  }

  private static func task(section: ConfigurationSection, fold: BuiltInTask.Fold) -> Self {
    section.refuse(
      "source", "target", "pairs", "source_column", "target_column", "source_key", "target_key",
      reason: "either task, whose pairs the toolkit makes itself, or files, not both")
    if !section.isSet("pair_count") {
      section.note("pair_count", "missing: how many pairs of the task, for instance 10000")
    }
    let names = BuiltInTask.allCases.map(\.rawValue)
    let name = section.text("task") ?? ""
    let task = BuiltInTask(rawValue: name)
    if task == nil, !name.isEmpty {
      let hint =
        nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
        ?? "there are \(names.joined(separator: ", "))"
      section.note("task", "no task is called '\(name)'; \(hint)")
    }
    let maxLength = section.optionalWholeNumber("max_length", atLeast: 1)
    if let task, let problem = maxLength.flatMap({ task.problem(maxLength: $0) }) {
      section.note("max_length", problem)
    }
    return .task(
      task ?? .copy, fold: fold,
      pairCount: section.wholeNumber("pair_count", or: 1, atLeast: 1),
      seed: section.wholeNumber("seed", or: 1, atLeast: 0), maxLength: maxLength)
  }
}
