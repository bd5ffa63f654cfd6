public import Foundation

extension CorpusConfiguration {
  /// Makes sure that every file of the corpus is there and may be read, more than once.
  ///
  /// - Throws: ``TextError`` that names the first that is not.
  public func checkFiles() throws(TextError) {
    let others = [
      ("data.validation", validation?.resolved(root: root).paths ?? []),
      ("data.alignments", alignments.map { [Self.resolved($0, root: root)] } ?? []),
    ]
    for (key, paths) in others where paths.contains("-") {
      throw TextError(
        .configuration, file: "-", found: "\(key) is the standard input",
        expected: "a file", hint: "Only one file of data.train can be the standard input.")
    }
    for paths in [train.resolved(root: root).paths] + others.map(\.1) {
      for path in paths where path != "-" {
        var status = stat()
        guard access(path, R_OK) == 0, stat(path, &status) == 0 else {
          throw .system(.missingInput, file: path, operation: "opened", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
          throw TextError(
            .missingInput, file: path,
            found: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or a device",
            expected: "a file, since pairs are read more than once",
            hint: "Standard input, named -, is copied to a file first.")
        }
      }
    }
  }
}

extension CorpusConfiguration {
  /// A path, made to start at a folder if it is relative; `-` stays the standard input.
  static func resolved(_ path: String, root: String) -> String {
    path == "-" || path.hasPrefix("/") || root.isEmpty || root == "."
      ? path : root.hasSuffix("/") ? root + path : root + "/" + path
  }
}

extension CorpusConfiguration.Source {
  /// The same source with relative paths made to start at a folder; `-` stays the standard input.
  public func resolved(root: String) -> CorpusConfiguration.Source {
    mapPaths { CorpusConfiguration.resolved($0, root: root) }
  }

  /// The files, source first; a table and JSON Lines have one, a task has none.
  public var paths: [String] {
    switch self {
    case .parallel(let source, let target): [source, target]
    case .table(let pairs, _, _), .jsonLines(let pairs, _, _): [pairs]
    case .task: []
    }
  }

  /// What a person would call the source: its files, or the task with the number of pairs.
  public var name: String {
    guard case .task(let task, let fold, let pairCount, _, let maxLength) = self else {
      return paths.joined(separator: " and ")
    }
    let length = maxLength.map { ", up to \($0) letters" } ?? ""
    return "\(pairCount) \(fold.rawValue) pairs of the task \(task.rawValue)\(length)"
  }

  /// The same source with the standard input, if it is named, copied to a file first: pairs are
  /// read more than once, the standard input is not.
  ///
  /// - Throws: ``TextError`` when source and target are both the standard input, or the copy
  ///   cannot be written.
  public func spoolingStandardInput(to file: URL) throws(TextError) -> CorpusConfiguration.Source {
    if !paths.contains("-") { return self }
    try checkStandardInput()
    try StandardInputSpool.copy(to: file)
    return replacingStandardInput(by: file.path)
  }

  /// Makes sure that the standard input is not asked for both sides.
  func checkStandardInput() throws(TextError) {
    if paths.count(where: { $0 == "-" }) > 1 {
      throw TextError(
        .configuration, found: "source and target are both the standard input",
        expected: "one of them at most",
        hint: "Send tab-separated pairs and use data.train.pairs instead.")
    }
  }

  /// The same form, columns and keys with one path for every file.
  func replacingPaths(by path: String) -> CorpusConfiguration.Source { mapPaths { _ in path } }

  /// The same files with another in the place of the standard input.
  public func replacingStandardInput(by path: String) -> CorpusConfiguration.Source {
    mapPaths { $0 == "-" ? path : $0 }
  }

  private func mapPaths(_ transform: (String) -> String) -> CorpusConfiguration.Source {
    switch self {
    case .parallel(let source, let target):
      .parallel(source: transform(source), target: transform(target))
    case .table(let pairs, let sourceColumn, let targetColumn):
      .table(pairs: transform(pairs), sourceColumn: sourceColumn, targetColumn: targetColumn)
    case .jsonLines(let pairs, let sourceKey, let targetKey):
      .jsonLines(pairs: transform(pairs), sourceKey: sourceKey, targetKey: targetKey)
    case .task: self
    }
  }
}

/// Copies the standard input to a file.
private enum StandardInputSpool {
  static func copy(to file: URL) throws(TextError) {
    try TextFile.createDirectory(file.deletingLastPathComponent())
    let input = try ByteStream(path: "-")
    let output = try AtomicFile(destination: file)
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    defer { buffer.deallocate() }
    while true {
      let count = try input.read(into: buffer)
      if count == 0 { break }
      try output.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    }
    try output.commit()
  }
}
