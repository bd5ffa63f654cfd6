import Foundation

// The file: header, records, index, trailer.
//   header   eight 64-bit words, see the fields below
//   record   source ids, target ids (32 bits each), links (source and target word, 32 bits each),
//            source text, target text, zeros to 4 bytes
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
    // No number is believed before it fits into the file, so that none overflows.
    let stride = MemoryLayout<CorpusIndexEntry>.stride
    let size = map.bytes.count
    guard 0...(size / stride) ~= pairCount, 0...size ~= trailerSize,
      CorpusFileHeader.size...size ~= indexOffset, 0...size ~= sourceTokenCount,
      0...size ~= targetTokenCount,
      indexOffset % MemoryLayout<CorpusIndexEntry>.alignment == 0,
      indexOffset + pairCount * stride == trailerOffset, trailerOffset + trailerSize == size,
      hasSoundIndex(map)
    else { return nil }
  }

  /// Whether every record lies between the header and the index.
  private func hasSoundIndex(_ map: MemoryMap) -> Bool {
    map.values(CorpusIndexEntry.self, at: indexOffset, count: pairCount).allSatisfy { entry in
      let ids = Int(entry.sourceCount) + Int(entry.targetCount)
      let size =
        4 * (ids + 2 * Int(entry.linkCount)) + Int(entry.sourceSize) + Int(entry.targetSize)
      return entry.offset % 4 == 0 && entry.offset >= CorpusFileHeader.size
        && entry.offset <= indexOffset && size <= indexOffset - Int(entry.offset)
    }
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
  /// Links between words.
  var linkCount: UInt32 = 0
}

/// What a prepared corpus file says about itself.
struct CorpusFileTrailer: Codable, Sendable {
  var origin: CorpusOrigin
  var report: CorpusReport
}
