extension TokenizerConfiguration.Normalization {
  /// Hands the text in this normal form to the body; text already in it is not copied when it is
  /// ASCII or when nothing is to be normalised.
  func withNormalized<Result>(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    if self == .none || text.isASCII { return body(text) }
    return applied(to: text).withUnsafeBufferPointer(body)
  }

  /// The text in this normal form.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  func applied(to text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    switch self {
    case .none: return Array(text)
    case .nfc: return UnicodeForm.nfc.applied(to: text)
    case .nfkc: return UnicodeForm.nfkc.applied(to: text)
    }
  }
}
