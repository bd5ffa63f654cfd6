internal import SeqCheckpoints
internal import SeqKernels
internal import SeqTensors

/// A tensor of a safetensors file as the values of a parameter.
///
/// - Note: `@unchecked Sendable`: everything is written before `init` returns.
final class StoredTensor: StoredMemory, @unchecked Sendable {
  private let file: SafetensorsFile
  private let entry: SafetensorsFile.Entry
  /// Numbers that cannot stay where they are: of other types, or at addresses between two numbers.
  private let copied: UnsafeMutablePointer<Float>?
  private let numbers: StoredValues.Numbers
  private let rowCount: Int

  /// Finds the values of a parameter; the file holds a tensor of its name and shape.
  ///
  /// - Throws: ``CheckpointError`` for element types that are no parameter's.
  init(_ parameter: Parameter, in file: SafetensorsFile) throws {
    self.file = file
    rowCount = parameter.shape.rows
    entry = try file.entry(parameter.name)
    guard let address = file.address(of: entry), parameter.shape.count > 0 else {
      let empty = UnsafeMutablePointer<Float>.allocate(capacity: 1)
      copied = empty
      numbers = .float32(empty)
      return
    }
    switch entry.elementType {
    case .float32 where Self.isAligned(address, to: 4):
      copied = nil
      numbers = .float32(address.assumingMemoryBound(to: Float.self))
    case .bfloat16 where Self.isAligned(address, to: 2) && !parameter.keepsPrecision:
      copied = nil
      numbers = .bfloat16(UnsafePointer(address.assumingMemoryBound(to: UInt16.self)))
    case .int8 where !parameter.keepsPrecision:
      let scales = try Self.floats(
        of: file.entry(parameter.scaleName), in: file)
      copied = scales
      numbers = .int8(
        UnsafePointer(address.assumingMemoryBound(to: Int8.self)), scales: UnsafePointer(scales))
    default:
      let floats = try Self.floats(of: entry, in: file)
      copied = floats
      numbers = .float32(floats)
    }
  }

  deinit { copied?.deallocate() }

  /// What the parameter adopts, this object with it.
  var values: StoredValues { StoredValues(numbers, owner: self) }

  /// Whether the numbers lie in the file's memory.
  private var isMapped: Bool {
    if case .float32 = numbers { copied == nil } else { true }
  }
  /// Bytes of a row of the file.
  private var rowSize: Int { entry.byteRange.count / max(1, rowCount) }

  func copyRow(_ row: Int, to memory: UnsafeMutableRawPointer) {
    if let copied, !isMapped {
      let columns = entry.elementCount / max(1, rowCount)
      memory.copyMemory(from: copied + row * columns, byteCount: 4 * columns)
    } else {
      file.copyBytes(of: entry, (row * rowSize)..<((row + 1) * rowSize), to: memory)
    }
  }

  func release(rows: Range<Int>) {
    guard isMapped else { return }
    file.releaseMemory(
      of: entry, bytes: (rows.lowerBound * rowSize)..<(rows.upperBound * rowSize))
  }

  private static func isAligned(_ address: UnsafeMutableRawPointer, to size: Int) -> Bool {
    Int(bitPattern: address).isMultiple(of: size)
  }

  private static func floats(
    of entry: SafetensorsFile.Entry, in file: SafetensorsFile
  ) throws -> UnsafeMutablePointer<Float> {
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: max(1, entry.elementCount))
    do {
      try file.copyFloats(
        of: entry, into: UnsafeMutableBufferPointer(start: floats, count: entry.elementCount))
    } catch {
      floats.deallocate()
      throw error
    }
    return floats
  }
}
