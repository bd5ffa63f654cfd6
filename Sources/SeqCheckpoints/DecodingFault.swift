import Foundation

/// Why a JSON file could not be read, in words for a person: the key it is about, and nothing of
/// the types that it was to become.
package func decodingFault(_ error: any Error) -> String {
  /// Keys as the files spell them.
  func name(_ path: [any CodingKey]) -> String {
    path.map { key in
      key.stringValue.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }.joined(separator: ".")
  }
  switch error {
  case DecodingError.keyNotFound(let key, let context):
    return "the key '\(name(context.codingPath + [key]))' is missing"
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
    DecodingError.dataCorrupted(let context):
    let path = name(context.codingPath)
    return path.isEmpty ? "it is not JSON" : "the value of '\(path)' is none that fits"
  default:
    return "it cannot be read"
  }
}
