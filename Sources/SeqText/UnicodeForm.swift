import Foundation

/// Unicode's normal forms.
enum UnicodeForm: String, Sendable {
  case nfc = "NFC"
  case nfd = "NFD"
  case nfkc = "NFKC"
  case nfkd = "NFKD"

  /// The text in this form; bytes that are not UTF-8 become U+FFFD.
  func applied(to text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    if text.isASCII { return Array(text) }
    let string = String(decoding: text, as: UTF8.self)
    // Foundation's composing forms leave a Hangul syllable and a final consonant behind it apart, and
    // marks of compatibility characters; composed of the decomposed form they come out right.
    return switch self {
    case .nfc: Array(string.decomposedStringWithCanonicalMapping.composed)
    case .nfd: Array(string.decomposedStringWithCanonicalMapping.utf8)
    case .nfkc: Array(string.decomposedStringWithCompatibilityMapping.composed)
    case .nfkd: Array(string.decomposedStringWithCompatibilityMapping.utf8)
    }
  }
}

extension String {
  fileprivate var composed: String.UTF8View { precomposedStringWithCanonicalMapping.utf8 }
}
