/// What a safetensors file says about itself before its bytes begin.
///
/// Layout: eight bytes, little-endian, with the length of the JSON that follows; the JSON, padded
/// with spaces; the tensors' bytes, end to end in the order of their offsets.
package struct SafetensorsHeader {
  var entries: [SafetensorsFile.Entry] = []
  var metadata: [String: String] = [:]
  /// Where the tensors' bytes begin in the file.
  var byteCount = 0

  /// Reads and checks everything: afterwards each entry's range lies within the file.
  package init(_ file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
    let text = try Self.text(of: file, path: path)
    byteCount = 8 + text.count
    try parse(text, path: path)
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try checkLayout(dataSize: file.count - byteCount, path: path)
  }

  /// The JSON, once the length before it is credible.
  private static func text(
    of file: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) -> UnsafeRawBufferPointer {
    let limit = SafetensorsFile.headerSizeLimit
    guard file.count >= 8 else {
      throw CheckpointError(
        .truncatedHeader, path: path, found: "\(file.count) bytes", expected: "at least 8",
        hint: "this is no safetensors file, or it was cut off")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= limit else {
      throw CheckpointError(
        .oversizedHeader, path: path, found: "a header of \(length) bytes",
        expected: "at most \(limit)", hint: "this is probably no safetensors file")
    }
    let end = 8 + Int(length)
    guard end <= file.count else {
      throw CheckpointError(
        .truncatedHeader, path: path, found: "\(file.count) bytes",
        expected: "at least \(end), the end of the header",
        hint: "the file was cut off: copy or download it again")
    }
    return UnsafeRawBufferPointer(rebasing: file[8..<end])
  }

  private mutating func parse(
    _ text: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) {
    var fault: CheckpointError?
    var entries: [SafetensorsFile.Entry] = []
    var metadata: [String: String] = [:]
    // Names are told apart byte by byte; Swift's strings equate composed and decomposed letters.
    var names: Set<[UInt8]> = []

    /// Keeps the first problem that is not one of grammar.
    func note(_ problem: CheckpointError) { fault = fault ?? problem }

    func checkUnique(_ name: String, among names: inout Set<[UInt8]>, what: String) {
      guard !names.insert(Array(name.utf8)).inserted else { return }
      note(
        CheckpointError(
          .duplicateName, path: path, found: "\(what) '\(name)' twice", expected: "each name once",
          hint: "the program that wrote this file is at fault: write it again with another"))
    }

    var scanner = HeaderScanner(text)
    do throws(HeaderScanner.Failure) {
      try scanner.object { (scanner, name) throws(HeaderScanner.Failure) in
        checkUnique(name, among: &names, what: "the name")
        if name == "__metadata__" {
          var keys: Set<[UInt8]> = []
          try scanner.object { (scanner, key) throws(HeaderScanner.Failure) in
            checkUnique(key, among: &keys, what: "the metadata key")
            metadata[key] = try scanner.string()
          }
          return
        }
        let raw = try Self.rawEntry(&scanner)
        do throws(CheckpointError) {
          entries.append(try raw.entry(named: name, path: path))
        } catch {
          note(error)
        }
      }
      try scanner.end()
    } catch {
      throw CheckpointError(
        .malformedHeader, path: path, found: "\(error.found) at byte \(8 + error.offset)",
        expected: error.expected, hint: "this is no safetensors file, or it is damaged")
    }
    if let fault { throw fault }
    self.entries = entries
    self.metadata = metadata
  }

  /// What the header says of one tensor, before it is checked.
  fileprivate struct RawEntry {
    var elementType: String
    var shape: [Int]
    var offsets: [Int]
  }

  private static func rawEntry(
    _ scanner: inout HeaderScanner
  ) throws(HeaderScanner.Failure) -> RawEntry {
    var elementType: String?
    var shape: [Int]?
    var offsets: [Int]?
    let start = scanner.offset
    try scanner.object { (scanner, key) throws(HeaderScanner.Failure) in
      switch key {
      case "dtype" where elementType == nil: elementType = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.wholeNumbers()
      case "data_offsets" where offsets == nil: offsets = try scanner.wholeNumbers()
      default:
        throw .init(
          offset: scanner.offset, found: "the key '\(key)'",
          expected: "dtype, shape and data_offsets, once each")
      }
    }
    guard let elementType, let shape, let offsets, offsets.count == 2 else {
      throw .init(
        offset: start, found: "an incomplete tensor",
        expected: "dtype, shape and two data_offsets")
    }
    return RawEntry(elementType: elementType, shape: shape, offsets: offsets)
  }

  /// Tensors must follow each other without a gap, from the header's end to the file's.
  private func checkLayout(dataSize: Int, path: String) throws(CheckpointError) {
    var end = 0
    for entry in entries {
      let start = entry.byteRange.lowerBound
      guard start == end else {
        throw CheckpointError(
          start > end ? .hole : .overlap, path: path, tensor: entry.name,
          found: "a start at data byte \(start)",
          expected: "\(end), where the tensor before it ends",
          hint: "the file is damaged, or the program that wrote it is at fault")
      }
      end = entry.byteRange.upperBound
    }
    guard end == dataSize else {
      throw CheckpointError(
        .wrongFileSize, path: path, found: "\(dataSize) bytes of tensors",
        expected: "\(end), as the header says",
        hint: end > dataSize
          ? "the file was cut off: copy or download it again"
          : "the file is damaged: copy or download it again")
    }
  }
}

extension SafetensorsHeader.RawEntry {
  /// The entry this declares, once type, shape and offsets agree.
  fileprivate func entry(
    named name: String, path: String
  ) throws(CheckpointError) -> SafetensorsFile.Entry {
    guard let type = SafetensorsFile.ElementType(rawValue: elementType) else {
      let known = SafetensorsFile.ElementType.allCases.map(\.rawValue).joined(separator: " ")
      throw CheckpointError(
        .unknownElementType, path: path, tensor: name, found: "the element type '\(elementType)'",
        expected: "one of \(known)", hint: "convert the file to one of these types")
    }
    guard let byteCount = SafetensorsFile.byteCount(of: type, shape: shape) else {
      throw CheckpointError(
        .invalidShape, path: path, tensor: name, found: "the shape \(shape)",
        expected: "a size within 64 bits", hint: "the file is damaged")
    }
    let (start, end) = (offsets[0], offsets[1])
    guard start <= end, end - start == byteCount else {
      throw CheckpointError(
        .invalidOffsets, path: path, tensor: name, found: "data_offsets \(offsets)",
        expected: "\(byteCount) bytes (shape \(shape) of \(type.rawValue))",
        hint: "the file is damaged, or the program that wrote it is at fault")
    }
    return SafetensorsFile.Entry(
      name: name, elementType: type, shape: shape, byteRange: start..<end)
  }
}
