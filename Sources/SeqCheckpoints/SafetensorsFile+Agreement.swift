extension SafetensorsFile {
  /// Makes sure that the file holds the tensors declared, in these shapes, and no others.
  ///
  /// - Parameters:
  ///   - declarations: what is wanted.
  ///   - owner: whose tensors they are, for the message.
  ///   - hint: what to do when they are not there.
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/mismatchedFiles``, which names
  ///   every missing, unknown and differently shaped tensor, the first dozen of them one by one.
  public func requireAgreement(
    with declarations: [Declaration], of owner: String, hint: String
  ) throws(CheckpointError) {
    var problems: [String] = []
    var names: Set<[UInt8]> = []
    for declaration in declarations {
      names.insert(Array(declaration.name.utf8))
      guard let entry = self[declaration.name] else {
        problems.append("\(declaration.name) \(declaration.shape) is missing")
        continue
      }
      if entry.shape != declaration.shape {
        problems.append("\(entry.name) is \(entry.shape), the model's is \(declaration.shape)")
      }
    }
    for entry in entries where !names.contains(Array(entry.name.utf8)) {
      problems.append("\(entry.name) \(entry.shape) is unknown to the model")
    }
    guard !problems.isEmpty else { return }
    let shown = problems.prefix(12).joined(separator: "; ")
    let more = problems.count > 12 ? "; and \(problems.count - 12) more" : ""
    throw CheckpointError(
      .mismatchedFiles, path: path, found: shown + more,
      expected: "the \(declarations.count) tensors of \(owner)", hint: hint)
  }
}
