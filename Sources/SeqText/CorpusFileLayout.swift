import Foundation

// The file: header, records, index, trailer.
//   header   eight 64-bit words, see the fields below
//   record   source ids, target ids (32 bits each), source text, target text, zeros to 4 bytes
//   index    one entry a pair
//   trailer  JSON: the origin and the report

/// The beginning of a prepared corpus file.
struct CorpusFileHeader: Sendable {
  static let magic: UInt64 = 0x3150_524F_4351_4553  // "SEQCORP1" in little-endian order
  static let size = 64

  var pairCount = 0
  var indexOffset = 0
  var trailerOffset = 0
  var trailerSize = 0
  var sourceTokenCount = 0
  var targetTokenCount = 0

  init() {}

  var bytes: [UInt8] {
    let words: [UInt64] =
      [CorpusFileHeader.magic]
      + [pairCount, indexOffset, trailerOffset, trailerSize, sourceTokenCount, targetTokenCount, 0]
      .map { UInt64($0) }
    return words.withUnsafeBytes { Array($0) }
  }

  /// Nil when the bytes are no complete corpus file of this format.
  init?(_ map: MemoryMap) {
    guard map.bytes.count >= CorpusFileHeader.size else { return nil }
    let words = map.values(UInt64.self, at: 0, count: CorpusFileHeader.size / 8)
    guard words[0] == CorpusFileHeader.magic else { return nil }
    let numbers = words.dropFirst().map { Int(truncatingIfNeeded: $0) }
    (pairCount, indexOffset, trailerOffset) = (numbers[0], numbers[1], numbers[2])
    (trailerSize, sourceTokenCount, targetTokenCount) = (numbers[3], numbers[4], numbers[5])
    guard pairCount >= 0, indexOffset >= CorpusFileHeader.size, trailerSize >= 0,
      indexOffset + pairCount * MemoryLayout<CorpusIndexEntry>.stride == trailerOffset,
      trailerOffset + trailerSize == map.bytes.count
    else { return nil }
  }
}

/// Where a pair's record is and how it is divided.
struct CorpusIndexEntry: BitwiseCopyable, Sendable {
  var offset: UInt64
  /// The number of the line the pair came from.
  var line: UInt32
  /// Ids.
  var sourceCount: UInt32
  var targetCount: UInt32
  /// Bytes, 0 when texts are not kept.
  var sourceSize: UInt32
  var targetSize: UInt32
  var unused: UInt32 = 0
}

/// What a prepared corpus file says about itself.
struct CorpusFileTrailer: Codable, Sendable {
  var origin: CorpusOrigin
  var report: CorpusReport
}
