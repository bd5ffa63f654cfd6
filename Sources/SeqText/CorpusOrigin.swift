import Foundation

/// Everything that a prepared corpus was made from: when it is the same, so is the result.
struct CorpusOrigin: Codable, Hashable, Sendable {
  /// A file as it was when the corpus was prepared.
  struct Input: Codable, Hashable, Sendable {
    var path: String
    /// Bytes.
    var size: Int
    /// Milliseconds since 1970.
    var modified: Int
  }

  var source: CorpusConfiguration.Source
  var inputs: [Input]
  /// ``TextCodec/fingerprint``.
  var codec: UInt64
  var maxLength: Int
  var onLong: CorpusConfiguration.LongPairs
  var keepsText: Bool

  init(
    source: CorpusConfiguration.Source, codec: TextCodec, maxLength: Int,
    onLong: CorpusConfiguration.LongPairs, keepsText: Bool
  ) throws(TextError) {
    self.source = source
    self.codec = codec.fingerprint
    self.maxLength = maxLength
    self.onLong = onLong
    self.keepsText = keepsText
    inputs = []
    for path in source.paths { inputs.append(try CorpusOrigin.input(path)) }
  }

  /// What differs, in words, nil when nothing does; `self` is the older.
  func difference(from newer: CorpusOrigin) -> String? {
    if self == newer { return nil }
    for (old, new) in zip(inputs, newer.inputs) where old != new {
      if old.path != new.path { return "\(new.path) is read now, \(old.path) was then" }
      if old.size != new.size { return "\(new.path) has \(new.size) bytes, it had \(old.size)" }
      return "\(new.path) has been written to since"
    }
    if codec != newer.codec { return "the tokenizer is another one" }
    if maxLength != newer.maxLength {
      return "data.max_length is \(newer.maxLength), it was \(maxLength)"
    }
    if onLong != newer.onLong {
      return "data.on_long is \(newer.onLong.rawValue), it was \(onLong.rawValue)"
    }
    return "the columns, keys or sampling read from it are others"
  }

  private static func input(_ path: String) throws(TextError) -> Input {
    do {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
      let modified = attributes[.modificationDate] as? Date ?? Date(timeIntervalSince1970: 0)
      return Input(
        path: path, size: (attributes[.size] as? NSNumber)?.intValue ?? 0,
        modified: Int((modified.timeIntervalSince1970 * 1000).rounded()))
    } catch {
      throw TextError(
        .missingInput, file: path, found: "no such file",
        hint: "Check the path; relative ones start at data.root.")
    }
  }
}
