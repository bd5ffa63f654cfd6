public import SeqCheckpoints
public import SeqTensors

extension ParameterStore {
  /// Writes every parameter under its name, float32, atomically.
  ///
  /// - Throws: ``CheckpointError``; the old file, if any, is then intact.
  public func save(to path: String) throws {
    let declarations = parameters.map {
      SafetensorsFile.Declaration(name: $0.name, shape: $0.shape.extents)
    }
    try SafetensorsFile.write(declarations, to: path) { declaration, sink in
      guard let parameter = self[declaration.name] else { return }
      try sink.write(
        UnsafeBufferPointer(start: UnsafePointer(parameter.pointer), count: parameter.shape.count))
    }
  }

  /// Reads every parameter by its name.
  ///
  /// - Throws: ``CheckpointError`` naming every missing, unknown and differently shaped tensor.
  public func load(from file: SafetensorsFile) throws {
    var problems: [String] = []
    for parameter in parameters {
      guard let entry = file[parameter.name] else {
        problems.append("\(parameter.name) \(parameter.shape) is missing")
        continue
      }
      if entry.shape != parameter.shape.extents {
        problems.append("\(parameter.name) is \(entry.shape), the model's is \(parameter.shape)")
      }
    }
    for entry in file.entries where self[entry.name] == nil {
      problems.append("\(entry.name) \(entry.shape) is unknown to the model")
    }
    guard problems.isEmpty else {
      throw CheckpointError(
        .mismatchedFiles, path: file.path, found: problems.joined(separator: "; "),
        expected: "the \(parameters.count) tensors of the model that config.json describes",
        hint: "keep model.safetensors and config.json of one model together")
    }
    for parameter in parameters {
      let entry = try file.entry(parameter.name)
      try file.copyFloats(
        of: entry,
        into: UnsafeMutableBufferPointer(start: parameter.pointer, count: parameter.shape.count))
      file.releaseMemory(of: entry)
    }
    valuesDidChange()
  }
}
