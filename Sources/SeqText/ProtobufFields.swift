/// The fields of one protocol buffer message, in order.
///
/// - SeeAlso: protobuf.dev, "Encoding".
struct ProtobufFields {
  /// How a field's value is written.
  enum WireType: UInt64 { case varint = 0, fixed64, bytes, fixed32 = 5 }

  struct Field {
    var number: UInt64
    var type: WireType
    /// A number's value, a fixed one by its bits; 0 for other fields.
    var value: UInt64 = 0
    /// The contents of a string or message, empty for other fields.
    var bytes: ArraySlice<UInt8> = []
  }

  /// Where a message stops being one.
  struct Fault: Error { var offset: Int }

  private var rest: ArraySlice<UInt8>

  init(_ message: ArraySlice<UInt8>) { rest = message }

  /// Where the next field begins, counted in the bytes that the message is a slice of.
  var offset: Int { rest.startIndex }

  /// The next field, nil at the end of the message.
  mutating func next() throws(Fault) -> Field? {
    if rest.isEmpty { return nil }
    let fault = Fault(offset: rest.startIndex)
    guard let key = varint(), key >> 3 > 0, key >> 3 < 1 << 29,
      let type = WireType(rawValue: key & 7)
    else { throw fault }
    var field = Field(number: key >> 3, type: type)
    switch type {
    case .varint:
      guard let value = varint() else { throw fault }
      field.value = value
    case .fixed64, .fixed32:
      let size = type == .fixed64 ? 8 : 4
      guard rest.count >= size else { throw fault }
      field.value = rest.prefix(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(size)
    case .bytes:
      guard let size = varint(), size <= UInt64(rest.count) else { throw fault }
      field.bytes = rest.prefix(Int(size))
      rest = rest.dropFirst(Int(size))
    }
    return field
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
