import SeqKernels

extension SafetensorsFile {
  /// A tensor's numbers as `Float`, whatever floating-point type they are stored in.
  ///
  /// Exact for F32, F16 and BF16; F64 is rounded to the nearest.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/unsupportedConversion`` for
  ///   integers and booleans.
  /// - Precondition: `entry` comes from this file.
  public func floats(of entry: Entry) throws(CheckpointError) -> [Float] {
    try checkFloatingPoint(entry)
    return [Float](unsafeUninitializedCapacity: entry.elementCount) { buffer, count in
      let destination = UnsafeMutableBufferPointer(rebasing: buffer[..<entry.elementCount])
      convert(entry, into: destination)
      count = entry.elementCount
    }
  }

  /// Writes a tensor's numbers where the caller wants them, converted as by ``floats(of:)``.
  ///
  /// - Throws: ``CheckpointError`` with ``CheckpointError/Reason/unsupportedConversion`` for
  ///   integers and booleans.
  /// - Precondition: `entry` comes from this file and `destination` holds exactly
  ///   ``Entry/elementCount`` numbers.
  public func copyFloats(
    of entry: Entry, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    require(
      destination.count == entry.elementCount,
      "safetensors: tensor '\(entry.name)' \(entry.shape), room for \(destination.count) floats")
    try checkFloatingPoint(entry)
    convert(entry, into: destination)
  }

  func checkFloatingPoint(_ entry: Entry) throws(CheckpointError) {
    guard !entry.elementType.isFloatingPoint else { return }
    throw CheckpointError(
      .unsupportedConversion, path: path, tensor: entry.name,
      found: "elements of type \(entry.elementType.rawValue)",
      expected: "F64, F32, F16 or BF16", hint: "read its bytes instead")
  }

  private func convert(_ entry: Entry, into destination: UnsafeMutableBufferPointer<Float>) {
    if entry.elementType == .float32 {
      withBytes(of: entry) { UnsafeMutableRawBufferPointer(destination).copyMemory(from: $0) }
    } else {
      visitNumbers(of: entry, in: destination.indices) { destination[$0] = Float($1) }
    }
  }

  /// Calls `body` with each index of `indices` and the number there, which `Double` holds exactly.
  @inline(__always)
  func visitNumbers(of entry: Entry, in indices: Range<Int>, _ body: (Int, Double) -> Void) {
    withBytes(of: entry) { bytes in
      switch entry.elementType {
      case .float64:
        for index in indices {
          let bits = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
          body(index, Double(bitPattern: UInt64(littleEndian: bits)))
        }
      case .float32:
        for index in indices {
          let bits = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
          body(index, Double(Float(bitPattern: UInt32(littleEndian: bits))))
        }
      case .bfloat16:
        for index in indices {
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          body(index, Double(Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)))
        }
      case .float16:
        for index in indices {
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          body(index, Double(Float(half: UInt16(littleEndian: bits))))
        }
      default:
        requirementFailure(
          "safetensors: tensor '\(entry.name)' of \(entry.elementType.rawValue), not floats")
      }
    }
  }
}

extension Float {
  /// The value of an IEEE binary16 with these bits.
  ///
  /// By hand because `Float16` does not exist on Intel Macs.
  package init(half bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      // Zero or subnormal: fraction · 2⁻²⁴, exact in binary32.
      let magnitude = Float(fraction) * 0x1p-24
      self = Float(bitPattern: sign | magnitude.bitPattern)
    case 0x1F:
      self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default:
      self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// The bits of the nearest IEEE binary16, of two equally near the even one; too large becomes infinity.
  package var halfBits: UInt16 {
    let bits = bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
    // From half a unit above the largest on.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Subnormal: a whole number of 2⁻²⁴, which adding half of 2 rounds to.
      let units = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
      return sign | UInt16(truncatingIfNeeded: units)
    }
    let isOdd = magnitude >> 13 & 1
    let rounded = (magnitude &+ 0xFFF &+ isOdd) >> 13
    return sign | UInt16(truncatingIfNeeded: rounded &- (112 << 10))
  }
}
