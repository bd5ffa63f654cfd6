import CSentencePiece

/// A model in the SentencePiece library: its pieces, their scores, and the library's own encoding.
///
/// `@unchecked Sendable`: the handle is set once, the C functions called on it take it const and
/// keep no state between calls, and it is freed when the last reference goes.
package final class SentencePieceModel: @unchecked Sendable {
  /// What a piece is for.
  package enum PieceKind { case normal, unknown, control, unused, byte }

  private let handle: OpaquePointer

  /// Loads a serialised model.
  ///
  /// - Throws: ``TextError`` in SentencePiece's words when the bytes are not a model.
  package init(serialized: [UInt8], file: String? = nil) throws(TextError) {
    var loaded: OpaquePointer?
    let (status, words) = serialized.withUnsafeBytes { bytes in
      SentencePieceModel.withMessage { message in
        csp_model_load(bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, &loaded, message)
      }
    }
    guard status == CSP_OK, let loaded else {
      throw TextError(
        .badData, file: file,
        found: "not a SentencePiece model" + SentencePieceModel.shown(words),
        expected: "a model written by SentencePiece's trainer",
        hint: "The file is damaged or another program's: copy it anew.")
    }
    handle = loaded
  }

  deinit { csp_model_free(handle) }

  package var pieceCount: Int { Int(csp_model_piece_count(handle)) }

  package func piece(_ id: Int32) -> [UInt8] {
    var size = 0
    guard let bytes = csp_model_piece(handle, id, &size) else { return [] }
    return UnsafeRawBufferPointer(start: bytes, count: size).map { $0 }
  }

  package func score(_ id: Int32) -> Float { csp_model_score(handle, id) }

  package func kind(_ id: Int32) -> PieceKind {
    switch csp_model_piece_type(handle, id) {
    case CSP_PIECE_UNKNOWN: .unknown
    case CSP_PIECE_CONTROL: .control
    case CSP_PIECE_UNUSED: .unused
    case CSP_PIECE_BYTE: .byte
    default: .normal
    }
  }

  /// The special ids, -1 where the model has none.
  package var specialTokens: SpecialTokens {
    SpecialTokens(
      padding: csp_model_pad_id(handle), beginning: csp_model_begin_id(handle),
      end: csp_model_end_id(handle), unknown: csp_model_unknown_id(handle))
  }

  /// The library's own encoding, the reference for ours.
  package func encode(_ text: [UInt8]) throws(TextError) -> [Int32] {
    var ids = csp_ids(data: nil, count: 0)
    defer { csp_ids_free(ids) }
    let (status, words) = text.withUnsafeBytes { bytes in
      SentencePieceModel.withMessage { message in
        csp_model_encode(
          handle, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, &ids, message)
      }
    }
    if status != CSP_OK {
      throw TextError(.badData, found: "SentencePiece cannot encode: \(words)")
    }
    return Array(UnsafeBufferPointer(start: ids.data, count: ids.count))
  }

  /// The pieces of the library's own encoding, unknown ones as the text has them.
  package func encodePieces(_ text: UnsafeBufferPointer<UInt8>) throws(TextError) -> [[UInt8]] {
    var joined = csp_bytes(data: nil, size: 0)
    defer { csp_bytes_free(joined) }
    let (status, words) = SentencePieceModel.withMessage { message in
      UnsafeRawBufferPointer(text).withMemoryRebound(to: CChar.self) { bytes in
        csp_model_encode_pieces(handle, bytes.baseAddress, bytes.count, &joined, message)
      }
    }
    if status != CSP_OK {
      throw TextError(.badData, found: "SentencePiece cannot encode: \(words)")
    }
    var pieces: [[UInt8]] = []
    var rest = UnsafeRawBufferPointer(start: joined.data, count: joined.size)[...]
    while rest.count >= 4 {
      let size = Int(UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: UInt32.self))
      pieces.append(Array(rest.dropFirst(4).prefix(size)))
      rest = rest.dropFirst(4 + size)
    }
    return pieces
  }

  /// The library's own decoding, the reference for ours.
  package func decode(_ ids: [Int32]) throws(TextError) -> [UInt8] {
    var text = csp_bytes(data: nil, size: 0)
    defer { csp_bytes_free(text) }
    let (status, words) = SentencePieceModel.withMessage { message in
      csp_model_decode(handle, ids, ids.count, &text, message)
    }
    if status != CSP_OK {
      throw TextError(.badData, found: "SentencePiece cannot decode: \(words)")
    }
    return Array(UnsafeRawBufferPointer(start: text.data, count: text.size))
  }

  /// The text after the model's own normalisation rules, spaces as ▁.
  package func normalize(_ text: UnsafeBufferPointer<UInt8>) throws(TextError) -> [UInt8] {
    var normalized = csp_bytes(data: nil, size: 0)
    defer { csp_bytes_free(normalized) }
    let (status, words) = SentencePieceModel.withMessage { message in
      UnsafeRawBufferPointer(text).withMemoryRebound(to: CChar.self) { bytes in
        csp_model_normalize(handle, bytes.baseAddress, bytes.count, &normalized, message)
      }
    }
    if status != CSP_OK {
      throw TextError(.badData, found: "SentencePiece cannot normalise: \(words)")
    }
    return Array(UnsafeRawBufferPointer(start: normalized.data, count: normalized.size))
  }

  /// The library's words after a colon, unless they are about its own source code.
  private static func shown(_ words: String) -> String {
    words.contains(".cc(") ? "" : ": \(words.split(separator: "\n").first ?? "")"
  }

  /// Calls the library with a buffer for its words and gives both back.
  static func withMessage(
    _ call: (csp_message) -> csp_status
  ) -> (status: csp_status, words: String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
      buffer.initialize(repeating: 0)
      let status = call(csp_message(data: buffer.baseAddress, capacity: buffer.count))
      return (status, buffer.baseAddress.map { String(cString: $0) } ?? "")
    }
  }
}
