import Foundation

/// Writes a prepared corpus pair by pair; the index gathers in a second file meanwhile.
struct CorpusFileWriter {
  private let records: AtomicFile
  private let index: AtomicFile
  private let keepsText: Bool
  private var header = CorpusFileHeader()

  init(file: URL, keepsText: Bool) throws(TextError) {
    records = try AtomicFile(destination: file)
    index = try AtomicFile(destination: file.appendingPathExtension("index"))
    self.keepsText = keepsText
    try records.append(header.bytes)
  }

  mutating func append(
    _ pair: TextPair, source: [Int32], target: [Int32], links: [AlignmentLink] = []
  ) throws(TextError) {
    guard let line = UInt32(exactly: pair.line) else {
      throw TextError(
        .badData, line: pair.line, found: "a line number above \(UInt32.max)",
        expected: "a corpus of fewer lines", hint: "Split it.")
    }
    let entry = CorpusIndexEntry(
      offset: UInt64(records.size), line: line, sourceCount: UInt32(source.count),
      targetCount: UInt32(target.count), sourceSize: keepsText ? UInt32(pair.source.count) : 0,
      targetSize: keepsText ? UInt32(pair.target.count) : 0, linkCount: UInt32(links.count))
    try index.append([entry])
    try records.append(source)
    try records.append(target)
    try records.append(links.flatMap { [Int32($0.source), Int32($0.target)] })
    if keepsText {
      try records.append(pair.source)
      try records.append(pair.target)
      try records.pad(to: MemoryLayout<Int32>.alignment)
    }
    header.pairCount += 1
    header.sourceTokenCount += source.count
    header.targetTokenCount += target.count
  }

  /// Adds the index and the trailer, completes the header and gives the file its name.
  mutating func finish(_ trailer: CorpusFileTrailer) throws(TextError) {
    try records.pad(to: MemoryLayout<CorpusIndexEntry>.alignment)
    header.indexOffset = records.size
    try records.append(contentsOf: index)
    header.trailerOffset = records.size
    let json: Data
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      json = try encoder.encode(trailer)
    } catch {
      throw TextError(.inputOutput, file: records.destination.path, found: "\(error)")
    }
    header.trailerSize = json.count
    try records.append(Array(json))
    try records.overwriteStart(with: header.bytes)
    try records.commit()
  }
}
