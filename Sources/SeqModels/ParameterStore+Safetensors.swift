public import SeqCheckpoints
public import SeqTensors

extension ParameterStore {
  /// Writes every parameter under its name, float32, atomically.
  ///
  /// - Throws: ``CheckpointError``; the old file, if any, is then intact.
  public func save(to path: String) throws {
    try SafetensorsFile.write(declarations, to: path) { declaration, sink in
      guard let parameter = self[declaration.name] else { return }
      try sink.write(
        UnsafeBufferPointer(start: UnsafePointer(parameter.pointer), count: parameter.shape.count))
    }
  }

  /// Every parameter's name and shape, as a file declares them.
  private var declarations: [SafetensorsFile.Declaration] {
    parameters.map { SafetensorsFile.Declaration(name: $0.name, shape: $0.shape.extents) }
  }

  /// Reads every parameter by its name.
  ///
  /// - Throws: ``CheckpointError`` naming every missing, unknown and differently shaped tensor.
  public func load(from file: SafetensorsFile) throws {
    try file.requireAgreement(
      with: declarations, of: "the model that config.json describes",
      hint: "keep model.safetensors and config.json of one model together")
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
