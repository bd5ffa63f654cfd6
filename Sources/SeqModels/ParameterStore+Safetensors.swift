public import SeqCheckpoints
public import SeqKernels
public import SeqTensors

// Matrices may be kept in fewer bits: bfloat16 as BF16, int8 as I8 with a tensor of float32 scales, one
// a row, beside it. Everything else is float32.
extension ParameterStore {
  /// Writes every parameter under its name, its matrices rounded to the precision, atomically.
  ///
  /// - Throws: ``CheckpointError``; the old file, if any, is then intact.
  public func save(to path: String, precision: Precision = .float32) throws {
    let tensors = parameters.flatMap { $0.tensors(rounding: precision) }
    var next = 0
    try SafetensorsFile.write(tensors.map(\.declaration), to: path) { _, sink in
      try tensors[next].write(sink)
      next += 1
    }
  }

  /// Reads every parameter by its name into memory of its own, as float32; what is added to the file's
  /// begins as zeros.
  ///
  /// - Throws: ``CheckpointError`` naming every missing, unknown and differently shaped tensor.
  public func load(from file: SafetensorsFile, adding additions: Set<String> = []) throws {
    let stored = parameters.filter { !additions.contains($0.name) }
    try adopt(stored, file)
    for parameter in stored { parameter.detach() }
    for parameter in parameters where additions.contains(parameter.name) {
      parameter.assign([Float](repeating: 0, count: parameter.shape.count))
    }
  }

  /// Lets every parameter have its values where the file has them in memory, in the precision in which
  /// it has them: nothing is read before it is needed.
  ///
  /// - Throws: ``CheckpointError`` naming every missing, unknown and differently shaped tensor.
  public func adopt(_ file: SafetensorsFile) throws {
    try adopt(parameters, file)
  }

  private func adopt(_ parameters: [Parameter], _ file: SafetensorsFile) throws {
    try file.requireAgreement(
      with: parameters.flatMap { parameter in
        let isWhole = file[parameter.name]?.elementType == .int8
        return parameter.tensors(rounding: isWhole ? .int8 : .float32).map(\.declaration)
      }, of: "the model that config.json describes",
      hint: "keep model.safetensors and config.json of one model together")
    for parameter in parameters {
      parameter.adopt(try StoredTensor(parameter, in: file).values)
    }
  }
}

/// A tensor that is to be written, and how.
private struct StoredForm {
  let declaration: SafetensorsFile.Declaration
  let write: (FileSink) throws -> Void
}

extension Parameter {
  /// The name of the scales of its rows, where it is kept as int8.
  var scaleName: String { name + "_scale" }

  /// What a file has of it when matrices are rounded to a precision.
  fileprivate func tensors(rounding precision: Precision) -> [StoredForm] {
    let (extents, rows, columns) = (shape.extents, shape.rows, shape.columns)
    switch keepsPrecision ? .float32 : precision {
    case .float32:
      return [
        StoredForm(declaration: .init(name: name, shape: extents)) { [self] sink in
          try sink.write(UnsafeBufferPointer(start: UnsafePointer(pointer), count: shape.count))
        }
      ]
    case .bfloat16:
      return [
        StoredForm(declaration: .init(name: name, elementType: .bfloat16, shape: extents)) {
          [self] sink in
          var halves = [UInt16](repeating: 0, count: shape.count)
          Kernels.roundToBFloat16(pointer, into: &halves, count: shape.count)
          try halves.withUnsafeBytes { try sink.write($0) }
        }
      ]
    case .int8:
      let rounded: () -> (numbers: [Int8], scales: [Float]) = { [self] in
        var numbers = [Int8](repeating: 0, count: rows * columns)
        var scales = [Float](repeating: 0, count: rows)
        Kernels.quantizeRows(pointer, into: &numbers, scales: &scales, rows: rows, columns: columns)
        return (numbers, scales)
      }
      return [
        StoredForm(declaration: .init(name: name, elementType: .int8, shape: extents)) { sink in
          try rounded().numbers.withUnsafeBytes { try sink.write($0) }
        },
        StoredForm(declaration: .init(name: scaleName, shape: [rows])) { sink in
          try rounded().scales.withUnsafeBytes { try sink.write($0) }
        },
      ]
    }
  }
}
