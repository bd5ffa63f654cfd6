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
  /// The file of links between words.
  var alignments: Input?
  /// ``TextCodec/fingerprint``.
  var codec: UInt64
  var lengths: LengthPolicy
  var keepsText: Bool

  init(
    source: CorpusConfiguration.Source, alignments: String? = nil, codec: TextCodec,
    lengths: LengthPolicy, keepsText: Bool
  ) throws(TextError) {
    self.source = source
    self.codec = codec.fingerprint
    self.lengths = lengths
    self.keepsText = keepsText
    inputs = []
    for path in source.paths { inputs.append(try CorpusOrigin.input(path)) }
    if let alignments { self.alignments = try CorpusOrigin.input(alignments) }
  }

  /// What differs, in words, nil when nothing does; `self` is the older.
  func difference(from newer: CorpusOrigin) -> String? {
    if self == newer { return nil }
    for (old, new) in zip(inputs, newer.inputs) where old != new {
      if old.path != new.path { return "\(new.path) is read now, \(old.path) was then" }
      if old.size != new.size { return "\(new.path) has \(new.size) bytes, it had \(old.size)" }
      return "\(new.path) has been written to since"
    }
    if alignments != newer.alignments { return "the alignments are others" }
    if codec != newer.codec { return "the tokenizer is another one" }
    let limits = [
      ("source", lengths.sourceLimit, newer.lengths.sourceLimit),
      ("target", lengths.targetLimit, newer.lengths.targetLimit),
    ].filter { $0.1 != $0.2 }
    if let (side, old, new) = limits.first {
      let isCommon = limits.count == 2 && limits[0].1 == limits[1].1 && limits[0].2 == limits[1].2
      let key = isCommon ? "data.max_length" : "data.max_\(side)_length"
      return "\(key) is \(new), it was \(old)"
    }
    if lengths.onLong != newer.lengths.onLong {
      return "data.on_long is \(newer.lengths.onLong.rawValue), it was \(lengths.onLong.rawValue)"
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
