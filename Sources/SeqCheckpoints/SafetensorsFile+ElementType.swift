extension SafetensorsFile {
  /// How the elements of a tensor are stored; the raw value is the format's own word for it.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    /// IEEE binary64.
    case float64 = "F64"
    /// IEEE binary32.
    case float32 = "F32"
    /// IEEE binary16.
    case float16 = "F16"
    /// The upper half of a binary32.
    case bfloat16 = "BF16"
    /// Two's complement, 64 bits.
    case int64 = "I64"
    /// Two's complement, 32 bits.
    case int32 = "I32"
    /// Two's complement, 16 bits.
    case int16 = "I16"
    /// Two's complement, 8 bits.
    case int8 = "I8"
    /// Unsigned, 64 bits.
    case uint64 = "U64"
    /// Unsigned, 32 bits.
    case uint32 = "U32"
    /// Unsigned, 16 bits.
    case uint16 = "U16"
    /// Unsigned, 8 bits.
    case uint8 = "U8"
    /// One byte, 0 or 1.
    case bool = "BOOL"

    /// Bytes an element takes.
    public var size: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }

    /// Whether elements are numbers with a fraction, which can become `Float` and be averaged.
    public var isFloatingPoint: Bool {
      switch self {
      case .float64, .float32, .float16, .bfloat16: true
      default: false
      }
    }
  }

  /// One tensor's place in a file.
  public struct Entry: Hashable, Sendable {
    /// The tensor's name, unique in the file byte for byte.
    public let name: String
    /// How its elements are stored.
    public let elementType: ElementType
    /// Its extents, outermost first; empty for a single number.
    public let shape: [Int]
    /// Its bytes, counted from the end of the header.
    public let byteRange: Range<Int>

    /// The product of the extents.
    public var elementCount: Int { byteRange.count / elementType.size }
  }
}
