import SeqKernels

/// A safetensors file, mapped into memory: names, shapes and element types at once, the numbers
/// when they are asked for.
///
///     let file = try SafetensorsFile(path: "model.safetensors")
///     let weights = try file.floats(of: file.entry("encoder.embedding.weight"))
///
/// Opening reads the header and checks all of it, so that every ``Entry`` lies within the file;
/// its cost does not depend on the size of the tensors.
///
/// - SeeAlso: https://github.com/huggingface/safetensors#format
public final class SafetensorsFile: Sendable {
  /// The largest header that is read, in bytes, as in the reference implementation.
  public static let headerSizeLimit = 100_000_000

  /// Where the file was opened.
  public let path: String
  /// The tensors, in the order of their bytes.
  public let entries: [Entry]
  /// The free-form texts under `__metadata__`.
  public let metadata: [String: String]

  private let map: MemoryMap
  private let dataOffset: Int
  private let indices: [[UInt8]: Int]

  /// Opens and checks a file.
  ///
  /// - Throws: ``CheckpointError`` when the file is missing, unreadable, or breaks the format in
  ///   any way.
  public init(path: String) throws(CheckpointError) {
    self.path = path
    map = try MemoryMap(path: path)
    let header = try SafetensorsHeader(map.bytes, path: path)
    entries = header.entries
    metadata = header.metadata
    dataOffset = header.byteCount
    var indices: [[UInt8]: Int] = [:]
    for (index, entry) in header.entries.enumerated() { indices[Array(entry.name.utf8)] = index }
    self.indices = indices
  }

  /// The tensor of that name, or nil.
  public subscript(name: String) -> Entry? {
    indices[Array(name.utf8)].map { entries[$0] }
  }

  /// The tensor of that name.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/missingTensor``.
  public func entry(_ name: String) throws(CheckpointError) -> Entry {
    if let entry = self[name] { return entry }
    let some = entries.prefix(3).map { "'\($0.name)'" }.joined(separator: ", ")
    throw CheckpointError(
      .missingTensor, path: path, tensor: name,
      found: entries.isEmpty
        ? "no tensor at all" : "\(entries.count) tensors, \(some)\(entries.count > 3 ? " …" : "")",
      expected: "one of this name", hint: "check that the file belongs to this model")
  }

  /// Lends a tensor's bytes as they stand in the file: little-endian, row-major.
  ///
  /// The address may be unaligned for the element type.
  ///
  /// - Precondition: `entry` comes from this file.
  public func withBytes<Result, Failure: Error>(
    of entry: Entry, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: map.bytes[place(of: entry)]))
  }

  /// The address of a tensor's bytes, for as long as this object lives.
  ///
  /// What is written there is seen through this object alone and never reaches the file. The address
  /// may be unaligned for the element type.
  ///
  /// - Precondition: `entry` comes from this file.
  public func address(of entry: Entry) -> UnsafeMutableRawPointer? {
    let bytes = UnsafeRawBufferPointer(rebasing: map.bytes[place(of: entry)])
    return UnsafeMutableRawPointer(mutating: bytes.baseAddress)
  }

  /// Gives back the memory that holds a tensor's pages, for when its numbers have been copied
  /// elsewhere; they are read from the file again if they are asked for again, without what was
  /// written there.
  ///
  /// - Precondition: `entry` comes from this file.
  public func releaseMemory(of entry: Entry) {
    releaseMemory(of: entry, bytes: 0..<entry.byteRange.count)
  }

  /// The same for some of a tensor's bytes, counted from its first; only whole pages go.
  public func releaseMemory(of entry: Entry, bytes: Range<Int>) {
    let start = place(of: entry).lowerBound
    map.release((start + bytes.lowerBound)..<(start + bytes.upperBound))
  }

  /// Copies some of a tensor's bytes, counted from its first, out of the file.
  ///
  /// For bytes here and there, around which the system would otherwise keep pages in memory. What was written
  /// to the tensor's memory is not seen.
  ///
  /// - Precondition: `entry` comes from this file, and has those bytes.
  public func copyBytes(of entry: Entry, _ bytes: Range<Int>, to memory: UnsafeMutableRawPointer) {
    let place = place(of: entry)
    require(
      bytes.lowerBound >= 0 && bytes.upperBound <= place.count,
      "safetensors: bytes \(bytes) of tensor '\(entry.name)' \(entry.shape)")
    let start = place.lowerBound
    map.copyBytes((start + bytes.lowerBound)..<(start + bytes.upperBound), to: memory)
  }

  private func place(of entry: Entry) -> Range<Int> {
    let range = entry.byteRange
    require(
      range.upperBound <= map.bytes.count - dataOffset,
      "safetensors: tensor '\(entry.name)' \(entry.shape), not from \(path)")
    return (range.lowerBound + dataOffset)..<(range.upperBound + dataOffset)
  }

  /// Bytes that a tensor takes; nil when that overflows or an extent is negative.
  static func byteCount(of type: ElementType, shape: [Int]) -> Int? {
    var count = type.size
    for extent in shape {
      guard extent >= 0 else { return nil }
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard !overflows else { return nil }
      count = product
    }
    return count
  }
}
