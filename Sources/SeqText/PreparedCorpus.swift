/// The pairs of a corpus as token ids, in a memory-mapped file.
///
///     let corpus = try PreparedCorpus.prepare(.train, of: data, codec: codec, into: runDirectory)
///     let ids = corpus.sourceTokens(at: 17)
///
/// Memory does not grow with the corpus: pages are read when they are needed and belong to the
/// system. A pair's position is its number among the pairs used, from 0.
public final class PreparedCorpus: Sendable {
  /// What turned the text into ids.
  public let codec: TextCodec
  /// What became of the corpus's pairs.
  public let report: CorpusReport
  /// Of all sources together, BOS and EOS included.
  public let sourceTokenCount: Int
  /// Of all targets together, without EOS.
  public let targetTokenCount: Int

  let fingerprint: UInt64
  private let map: MemoryMap
  private let header: CorpusFileHeader
  private let lengths: LengthPolicy
  private let keepsText: Bool

  init(map: MemoryMap, header: CorpusFileHeader, trailer: CorpusFileTrailer, codec: TextCodec) {
    self.map = map
    self.header = header
    self.codec = codec
    report = trailer.report
    sourceTokenCount = header.sourceTokenCount
    targetTokenCount = header.targetTokenCount
    lengths = trailer.origin.lengths
    keepsText = trailer.origin.keepsText
    var hash = FingerprintHasher()
    hash.add(map.values(UInt8.self, at: header.trailerOffset, count: header.trailerSize))
    hash.add(header.bytes)
    fingerprint = hash.value
  }

  /// Lets the system have back the memory of what was read so far.
  ///
  /// It would take it back anyway when it needs it; until then the process looks as large as its
  /// corpus.
  public func releaseMemory() { map.releasePages() }

  /// The number of pairs.
  public var count: Int { header.pairCount }

  /// The ids an encoder reads, BOS and EOS included as configured; valid while the corpus lives.
  public func sourceTokens(at position: Int) -> UnsafeBufferPointer<Int32> {
    let entry = entry(at: position)
    return map.values(Int32.self, at: Int(entry.offset), count: Int(entry.sourceCount))
  }

  /// The target's bare ids, without BOS and EOS; valid while the corpus lives.
  public func targetTokens(at position: Int) -> UnsafeBufferPointer<Int32> {
    let entry = entry(at: position)
    return map.values(
      Int32.self, at: Int(entry.offset) + 4 * Int(entry.sourceCount), count: Int(entry.targetCount))
  }

  /// Which words of a pair belong together, where the corpus was given that.
  public func links(at position: Int) -> [AlignmentLink] {
    let entry = entry(at: position)
    let numbers = map.values(
      Int32.self, at: idsEnd(of: entry), count: 2 * Int(entry.linkCount))
    return stride(from: 0, to: numbers.count, by: 2).map {
      AlignmentLink(source: Int(numbers[$0]), target: Int(numbers[$0 + 1]))
    }
  }

  private func idsEnd(of entry: CorpusIndexEntry) -> Int {
    Int(entry.offset) + 4 * (Int(entry.sourceCount) + Int(entry.targetCount))
  }

  /// Source ids, BOS and EOS included as configured.
  public func sourceLength(at position: Int) -> Int { Int(entry(at: position).sourceCount) }

  /// Target ids, without BOS and EOS.
  public func targetLength(at position: Int) -> Int { Int(entry(at: position).targetCount) }

  /// The number, from 1, of the line the pair came from.
  public func lineNumber(at position: Int) -> Int { Int(entry(at: position).line) }

  /// The text of a source; validation corpora and those with sampling keep it.
  ///
  /// - Precondition: the corpus keeps texts.
  public func sourceText(at position: Int) -> [UInt8] { Array(texts(at: position).source) }

  /// The text of a target; validation corpora and those with sampling keep it.
  ///
  /// - Precondition: the corpus keeps texts.
  public func targetText(at position: Int) -> [UInt8] { Array(texts(at: position).target) }

  /// A pair in a segmentation drawn at random, as the codec's configuration says; the same key
  /// gives the same segmentation, and without sampling configured it is the usual one.
  ///
  /// A side that gets longer than the maximum length is cut when long pairs are cut, and keeps its
  /// usual segmentation when they are skipped.
  public func sampled(at position: Int, key: UInt64) -> (source: [Int32], target: [Int32]) {
    guard let sampling = codec.configuration.sampling else {
      return (Array(sourceTokens(at: position)), Array(targetTokens(at: position)))
    }
    let texts = texts(at: position)
    let keys = CountedDraws(key: key)
    var source = codec.encodeBareSource(
      Array(texts.source), sampling: sampling, key: keys.derivedKey(0))
    var target = codec.withTargetStart(
      codec.target.encode(texts.target, sampling: sampling, key: keys.derivedKey(1)))
    _ = lengths.cut(&source, &target)
    if source.count > lengths.sourceLimit {
      source = codec.encodeBareSource(Array(texts.source))
    }
    if target.count > lengths.targetLimit { target = Array(targetTokens(at: position)) }
    return (codec.withSpecialTokens(source), target)
  }

  private func texts(
    at position: Int
  ) -> (source: UnsafeBufferPointer<UInt8>, target: UnsafeBufferPointer<UInt8>) {
    guard keepsText else {
      fatalError("prepared corpus: texts are kept for validation and for sampling alone")
    }
    let entry = entry(at: position)
    let start = idsEnd(of: entry) + 8 * Int(entry.linkCount)
    return (
      map.values(UInt8.self, at: start, count: Int(entry.sourceSize)),
      map.values(UInt8.self, at: start + Int(entry.sourceSize), count: Int(entry.targetSize))
    )
  }

  private func entry(at position: Int) -> CorpusIndexEntry {
    guard position >= 0 && position < count else {
      fatalError("prepared corpus: position \(position), \(count) pairs")
    }
    return map.values(CorpusIndexEntry.self, at: header.indexOffset, count: count)[position]
  }
}
