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
    /// A hash of its bytes; nil until they have been read.
    var contents: UInt64?
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

  /// The same with the contents of every file read.
  func readingContents(isInterrupted: () -> Bool) throws(TextError) -> CorpusOrigin {
    var copy = self
    for index in inputs.indices {
      copy.inputs[index].contents = try inputs[index].readContents(isInterrupted)
    }
    copy.alignments?.contents = try alignments?.readContents(isInterrupted)
    return copy
  }

  /// What differs, in words, nil when nothing does; `self` is the older, whose contents were read.
  ///
  /// A file that was copied, moved or given another date is the same while every byte is.
  func difference(
    from newer: CorpusOrigin, isInterrupted: () -> Bool
  ) throws(TextError) -> String? {
    if source.replacingPaths(by: "") != newer.source.replacingPaths(by: "") {
      return "its form, columns, keys or task are others"
    }
    for (old, new) in zip(inputs, newer.inputs) {
      if let difference = try old.difference(from: new, isInterrupted) { return difference }
    }
    if let alignments, let new = newer.alignments {
      if let difference = try alignments.difference(from: new, isInterrupted) {
        return difference
      }
    } else if (alignments == nil) != (newer.alignments == nil) {
      return alignments == nil ? "it has alignments now" : "it has no alignments any more"
    }
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
    return keepsText == newer.keepsText ? nil : "its texts are kept for another purpose"
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

extension CorpusOrigin.Input {
  /// What differs, in words, nil when nothing does; the contents are read only where path or date are
  /// not the same.
  fileprivate func difference(
    from newer: Self, _ isInterrupted: () -> Bool
  ) throws(TextError) -> String? {
    if size != newer.size {
      return path == newer.path
        ? "\(path) has \(newer.size) bytes, it had \(size)"
        : "\(newer.path) has \(newer.size) bytes, \(path) had \(size)"
    }
    if path == newer.path, modified == newer.modified { return nil }
    if try contents == newer.readContents(isInterrupted) { return nil }
    return path == newer.path
      ? "\(path) has been written to since" : "\(newer.path) is read now, \(path) was then"
  }

  /// A hash of the file's bytes, those of a `.gz` file as they are.
  fileprivate func readContents(_ isInterrupted: () -> Bool) throws(TextError) -> UInt64 {
    let stream = try ByteStream(path: path, decompressesByName: false)
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    defer { buffer.deallocate() }
    var hash = FingerprintHasher()
    while case let count = try stream.read(into: buffer), count > 0 {
      hash.mix(buffer[..<count])
      if isInterrupted() { throw TextError(.interrupted, found: "reading was interrupted") }
    }
    return hash.value
  }
}
