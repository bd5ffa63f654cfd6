/// What computing some tokens forward and back takes of a worker's memory: a part that is always
/// there, and a part for every token.
package struct SliceMemory {
  /// The most memory that was in use while a slice was computed.
  struct Peak {
    /// Its size, as ``TokenBatch/sliceSize(of:)`` counts.
    var tokens: Int
    var bytes: Int
  }

  /// The tokens of a slice that computes at full speed.
  package static let fullSlice = 768
  /// The fewest tokens that a limit of memory makes slices of; fewer only cost time.
  private static let smallestSlice = 32
  /// The tokens of the slices that are computed to find out: the smaller, and the most of the larger.
  static let rehearsals = 48...384
  /// What a process needs besides: code, vocabularies, the batches at hand.
  private static let processBytes = 88 << 20

  private let constant: Double
  private let bytesPerToken: Double

  /// From two slices that were computed, the smaller first.
  init(small: Peak, large: Peak) {
    // Where all pairs are as long as the smaller slice both are the same; then tokens take it all.
    bytesPerToken =
      large.tokens > small.tokens
      ? Double(large.bytes - small.bytes) / Double(large.tokens - small.tokens)
      : Double(large.bytes) / Double(max(large.tokens, 1))
    constant = max(0, Double(large.bytes) - bytesPerToken * Double(large.tokens))
  }

  /// What a limit leaves to all workers' slices, beside what is kept as long as training goes on.
  static func room(within limit: Int, lastingBytes: Int) -> Int {
    limit - lastingBytes - processBytes
  }

  /// The tokens of the slices with which a run keeps to a limit.
  ///
  /// - Throws: ``TrainingError/notEnoughMemory(limit:needed:)`` when slices of the fewest tokens take
  ///   more.
  func tokens(within limit: Int, workerCount: Int, lastingBytes: Int) throws -> Int {
    let room = Self.room(within: limit, lastingBytes: lastingBytes)
    let perWorker = Double(room) / Double(workerCount) - constant
    let tokens = perWorker / max(bytesPerToken, 1)
    guard tokens >= Double(Self.smallestSlice) else {
      let smallest = constant + Double(Self.smallestSlice) * bytesPerToken
      throw TrainingError.notEnoughMemory(
        limit: limit, needed: limit - room + Int(Double(workerCount) * smallest))
    }
    return min(Self.fullSlice, Int(tokens))
  }
}
