/// A value of a JSON text as it stands there: texts are bytes, members keep their order.
///
/// Foundation's readers are not used for files of other programs: their dictionaries hold composed
/// and decomposed é as one key, so that a vocabulary would lose pieces.
enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  /// A number without fraction or exponent that fits.
  case integer(Int)
  case number(Double)
  case text([UInt8])
  case array([JSONValue])
  case object([JSONMember])

  /// What a person calls the value.
  var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let bytes):
      bytes.count > 60 ? "a long text" : "'\(String(decoding: bytes, as: UTF8.self))'"
    case .array(let values): "a list of \(values.count)"
    case .object(let members): "an object of \(members.count)"
    }
  }
}

/// A key and its value in a JSON object.
struct JSONMember: Sendable {
  var key: [UInt8]
  var value: JSONValue
}
