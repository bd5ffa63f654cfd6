import SeqKernels

extension SafetensorsFile {
  /// Writes the mean of several files of the same model.
  ///
  /// Sums are made in float64, in the order of `paths`, so the same files in the same order give
  /// the same bytes. F64 tensors stay F64, other floating-point types become F32. Tensors of
  /// integers and booleans must be the same in every file and are copied. Metadata are the first
  /// file's.
  ///
  /// Takes memory for a piece of one tensor, whatever the size of the files.
  ///
  /// - Throws: ``CheckpointError`` when a file cannot be read, when names, element types or shapes
  ///   differ, and when the output cannot be written.
  /// - Precondition: there is at least one file.
  public static func average(_ paths: [String], to output: String) throws {
    require(!paths.isEmpty, "average: no files")
    let files = try paths.map { (path) throws(CheckpointError) in
      try SafetensorsFile(path: path)
    }
    let first = files[0]
    for file in files.dropFirst() { try file.checkAgrees(with: first) }

    let declarations = first.entries.map { entry in
      let type = entry.elementType
      return Declaration(
        name: entry.name,
        elementType: type.isFloatingPoint && type != .float64 ? .float32 : type,
        shape: entry.shape)
    }
    try write(declarations, metadata: first.metadata, to: output) { declaration, sink in
      let entries = try files.map { (file) throws(CheckpointError) in
        try file.entry(declaration.name)
      }
      if declaration.elementType.isFloatingPoint {
        try writeMean(of: Array(zip(files, entries)), as: declaration.elementType, to: sink)
      } else {
        try first.withBytes(of: entries[0]) { try sink.write($0) }
      }
      for (file, entry) in zip(files, entries) { file.releaseMemory(of: entry) }
    }
  }

  private static func writeMean(
    of tensors: [(file: SafetensorsFile, entry: Entry)], as type: ElementType, to sink: FileSink
  ) throws {
    let count = tensors[0].entry.elementCount
    let pieceSize = 1 << 16
    for start in stride(from: 0, to: count, by: pieceSize) {
      let piece = start..<min(start + pieceSize, count)
      // Not zeros: 0 + (−0) would lose the sign.
      var sums = [Double](repeating: -0.0, count: piece.count)
      for (file, entry) in tensors {
        file.visitNumbers(of: entry, in: piece) { sums[$0 - start] += $1 }
      }
      let means = sums.map { $0 / Double(tensors.count) }
      if type == .float64 {
        try means.withUnsafeBytes { try sink.write($0) }
      } else {
        try means.map { Float($0) }.withUnsafeBytes { try sink.write($0) }
      }
    }
  }

  /// Names every difference at once, up to five.
  private func checkAgrees(with first: SafetensorsFile) throws(CheckpointError) {
    var differences: [String] = []
    for entry in first.entries {
      guard let own = self[entry.name] else {
        differences.append("no '\(entry.name)'")
        continue
      }
      if own.shape != entry.shape || own.elementType != entry.elementType {
        differences.append(
          "'\(own.name)' \(own.shape) of \(own.elementType.rawValue) for \(entry.shape) of "
            + entry.elementType.rawValue)
      } else if !own.elementType.isFloatingPoint, !holdsSameBytes(own, as: entry, of: first) {
        differences.append("'\(own.name)', not a tensor of fractions, with other values")
      }
    }
    for entry in entries where first[entry.name] == nil {
      differences.append("a further '\(entry.name)'")
    }
    guard !differences.isEmpty else { return }
    let more = differences.count > 5 ? " and \(differences.count - 5) more" : ""
    throw CheckpointError(
      .mismatchedFiles, path: path,
      found: differences.prefix(5).joined(separator: ", ") + more,
      expected: "the tensors of \(first.path)", hint: "average files of one model only")
  }

  private func holdsSameBytes(_ own: Entry, as entry: Entry, of file: SafetensorsFile) -> Bool {
    withBytes(of: own) { ownBytes in
      file.withBytes(of: entry) { ownBytes.elementsEqual($0) }
    }
  }
}
