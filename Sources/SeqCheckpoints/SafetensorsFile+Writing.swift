import SeqKernels

extension SafetensorsFile {
  /// A tensor that is to be written: everything but its bytes.
  public struct Declaration: Hashable, Sendable {
    /// The tensor's name; not `__metadata__`, and unique in its file.
    public let name: String
    /// How its elements will be stored.
    public let elementType: ElementType
    /// Its extents, outermost first; empty for a single number.
    public let shape: [Int]
    /// The bytes it will take.
    public let byteCount: Int

    /// Announces a tensor.
    ///
    /// - Precondition: no extent is negative, and the size does not overflow.
    public init(name: String, elementType: ElementType = .float32, shape: [Int]) {
      guard let byteCount = SafetensorsFile.byteCount(of: elementType, shape: shape) else {
        requirementFailure("safetensors: tensor '\(name)' \(shape), not a shape")
      }
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.byteCount = byteCount
    }
  }

  /// Creates or replaces a file, atomically (``AtomicFile``), tensor by tensor in the given order.
  ///
  ///     try SafetensorsFile.write(declarations, to: path) { declaration, sink in
  ///       try sink.write(UnsafeRawBufferPointer(values[declaration.name]))
  ///     }
  ///
  /// The same declarations, metadata and numbers give the same bytes; metadata are written sorted
  /// by key. `body` writes the bytes of one tensor, in as many pieces as it likes.
  ///
  /// - Throws: ``CheckpointError``, and what `body` throws; the old file is then intact.
  /// - Precondition: names are unique, none is `__metadata__`, and `body` writes exactly the bytes
  ///   that each declaration announces.
  public static func write(
    _ declarations: [Declaration], metadata: [String: String] = [:], to path: String,
    body: (Declaration, FileSink) throws -> Void
  ) throws {
    let header = headerBytes(declarations, metadata: metadata)
    try AtomicFile.write(to: path) { sink in
      try sink.write(header)
      for declaration in declarations {
        let start = sink.byteCount
        try body(declaration, sink)
        require(
          sink.byteCount - start == declaration.byteCount,
          "safetensors: tensor '\(declaration.name)' \(declaration.shape) of "
            + "\(declaration.elementType.rawValue), \(sink.byteCount - start) bytes written and "
            + "\(declaration.byteCount) needed")
      }
    }
  }

  /// Creates or replaces a file of F32 tensors, atomically.
  ///
  /// - Throws: ``CheckpointError``; the old file is then intact.
  /// - Precondition: as for ``write(_:metadata:to:body:)``.
  public static func write(
    _ tensors: [(name: String, shape: [Int], values: [Float])], metadata: [String: String] = [:],
    to path: String
  ) throws {
    let declarations = tensors.map { Declaration(name: $0.name, shape: $0.shape) }
    var values = tensors.map(\.values)[...]
    try write(declarations, metadata: metadata, to: path) { _, sink in
      try values.removeFirst().withUnsafeBytes { try sink.write($0) }
    }
  }

  /// The length, the JSON, and spaces up to a multiple of eight bytes, as the reference
  /// implementation lays them out.
  static func headerBytes(_ declarations: [Declaration], metadata: [String: String]) -> [UInt8] {
    var names: Set<[UInt8]> = [Array("__metadata__".utf8)]
    var members: [String] = []
    if !metadata.isEmpty {
      // By bytes, so that the order does not depend on Unicode's rules.
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(quotedJSON($0.key)):\(quotedJSON($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for declaration in declarations {
      require(
        names.insert(Array(declaration.name.utf8)).inserted,
        "safetensors: tensor '\(declaration.name)' \(declaration.shape), there is one of that name")
      let end = offset + declaration.byteCount
      let shape = declaration.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quotedJSON(declaration.name)):{\"dtype\":\"\(declaration.elementType.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    let length = UInt64(text.count).littleEndian
    return withUnsafeBytes(of: length) { Array($0) } + text
  }
}
