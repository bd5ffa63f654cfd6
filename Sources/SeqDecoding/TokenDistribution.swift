import Foundation
import SeqKernels

/// What a sampling draws the next token of one row from; its memory serves one row after the other.
final class TokenDistribution {
  private let options: SamplingOptions
  /// One over the temperature; infinite where only the likeliest token can come.
  private let sharpness: Float
  /// `[vocabulary]`: log-probabilities, then what the softmax is taken of.
  private let logits: UnsafeMutableBufferPointer<Float>
  /// `[vocabulary]`: 0 for tokens that cannot come.
  private let probabilities: UnsafeMutableBufferPointer<Float>
  /// For every block of ``probabilities`` their sum.
  private let blockSums: UnsafeMutableBufferPointer<Double>
  private var total = 0.0

  // Memory of a selection: the tokens it is among, by rising id, their probabilities and ranks.
  private let tokens: UnsafeMutableBufferPointer<Int32>
  private let masses: UnsafeMutableBufferPointer<Float>
  private let keys: UnsafeMutableBufferPointer<UInt32>
  private let ranking = RankedPrefix()

  private static let blockSize = 128
  /// Up to here the least of the k largest is found faster than by ranking all.
  private static let smallTopK = 64

  init(_ options: SamplingOptions, vocabularySize: Int) {
    self.options = options
    sharpness = Float(1 / options.temperature)
    logits = .allocate(capacity: vocabularySize)
    probabilities = .allocate(capacity: vocabularySize)
    blockSums = .allocate(capacity: (vocabularySize + Self.blockSize - 1) / Self.blockSize)
    tokens = .allocate(capacity: vocabularySize)
    masses = .allocate(capacity: vocabularySize)
    keys = .allocate(capacity: vocabularySize)
    logits.initialize(repeating: 0)
    probabilities.initialize(repeating: 0)
    blockSums.initialize(repeating: 0)
    tokens.initialize(repeating: 0)
    masses.initialize(repeating: 0)
    keys.initialize(repeating: 0)
  }

  deinit {
    logits.deallocate()
    probabilities.deallocate()
    blockSums.deallocate()
    tokens.deallocate()
    masses.deallocate()
    keys.deallocate()
  }

  /// The log-probabilities of a row are not numbers.
  struct NotANumber: Error {}

  /// Takes a row of the model's log-probabilities, changed, bent and truncated.
  ///
  /// - Returns: Whether any token can come.
  func load(
    _ row: UnsafeBufferPointer<Float>, excluding excluded: [Int32],
    _ changes: some Sequence<ScoreChange>
  ) throws(NotANumber) -> Bool {
    _ = logits.update(fromContentsOf: row)
    for change in changes {
      switch change {
      case .none: break
      case .forbid(let tokens): forbid(tokens)
      case .rewrite(let rewriting): rewriting(logits)
      }
    }
    forbid(excluded)
    guard let likeliest = try likeliest() else { return false }
    if sharpness.isFinite {
      bend(around: likeliest)
      if options.typical < 1 { keepTypical(likeliest: likeliest) }
      keepLikeliest()
    } else {
      probabilities.update(repeating: 0)
      probabilities[likeliest] = 1
    }
    addUp()
    return true
  }

  /// The token at a place, 0 ..< 1, of the line on which every token has its probability's share.
  func token(at share: Double) -> Int32 {
    var rest = share * total
    // Rounding may lead beyond the end: then it is the last token that can come.
    var last = 0
    for block in blockSums.indices where blockSums[block] > 0 {
      last = block
      if rest < blockSums[block] { break }
      rest -= blockSums[block]
    }
    let start = last * Self.blockSize
    var found = start
    for token in start..<min(start + Self.blockSize, probabilities.count)
    where probabilities[token] > 0 {
      found = token
      rest -= Double(probabilities[token])
      if rest < 0 { break }
    }
    return Int32(found)
  }

  private func forbid(_ tokens: [Int32]) {
    for token in tokens where logits.indices.contains(Int(token)) {
      logits[Int(token)] = -.infinity
    }
  }

  private func likeliest() throws(NotANumber) -> Int? {
    guard let row = logits.baseAddress else { return nil }
    // A sum is no number if one of its parts is none.
    if Kernels.sum(row, count: logits.count).isNaN { throw NotANumber() }
    var token: Int32 = 0
    var value: Float = 0
    Kernels.largest(row, columns: logits.count, count: 1, tokens: &token, values: &value)
    return value > -.infinity ? Int(token) : nil
  }

  /// Probabilities at the temperature.
  private func bend(around likeliest: Int) {
    // Differences first: divided by a small temperature, all of the values could become infinite.
    let best = logits[likeliest]
    for token in logits.indices { logits[token] = (logits[token] - best) * sharpness }
    guard let x = logits.baseAddress, let y = probabilities.baseAddress else { return }
    Kernels.softmax(x, into: y, rows: 1, columns: logits.count)
  }

  /// Sums of the probabilities, block by block.
  private func addUp() {
    total = 0
    guard let first = probabilities.baseAddress else { return }
    for block in blockSums.indices {
      let start = block * Self.blockSize
      blockSums[block] = Kernels.sum(
        first + start, count: min(Self.blockSize, probabilities.count - start))
      total += blockSums[block]
    }
  }

  private var sum: Double {
    probabilities.baseAddress.map { Kernels.sum($0, count: probabilities.count) } ?? 0
  }

  /// Leaves the tokens nearest to the entropy: those of the smallest `|−ln p − H|`.
  private func keepTypical(likeliest: Int) {
    // The likeliest has logit 0, so its ln p is the logarithm of one over the softmax's sum.
    let normalizer = log(probabilities[likeliest])
    var entropy = 0.0
    for token in logits.indices where probabilities[token] > 0 {
      entropy -= Double(probabilities[token]) * Double(logits[token] + normalizer)
    }
    let middle = Float(entropy)
    keep(mass: options.typical * sum, count: .max, above: 0) { token in
      // The nearest has the largest key.
      ~abs(logits[token] + normalizer + middle).bitPattern
    }
  }

  /// Leaves the tokens that are inside of top-k, top-p and min-p alike.
  private func keepLikeliest() {
    let count = options.topK.map { $0 < probabilities.count ? $0 : .max } ?? .max
    guard options.topP < 1 || options.minP > 0 || count < .max else { return }
    let total = sum
    // No token below one of these belongs to what its limit keeps, and as it ranks last, whether it
    // is there changes nothing about the others.
    var floor = Float(options.minP) * greatest(1)
    if count <= Self.smallTopK { floor = max(floor, greatest(count)) }
    if options.topP < 1 {
      // All that are so unlikely have together at most half of what top-p leaves out.
      let half = (1 - options.topP) * total / Double(2 * probabilities.count)
      floor = max(floor, Float(half))
    }
    keep(
      mass: options.topP < 1 ? options.topP * total : .infinity, count: count, above: floor
    ) { probabilities[$0].bitPattern }
  }

  /// The k-th largest probability.
  private func greatest(_ count: Int) -> Float {
    guard let row = probabilities.baseAddress, let tokens = tokens.baseAddress,
      let values = masses.baseAddress
    else { return 0 }
    Kernels.largest(
      row, columns: probabilities.count, count: count, tokens: tokens, values: values)
    return values[count - 1]
  }

  /// Leaves the beginning of a ranking by falling keys, of equal keys the lower id first: up to the
  /// token with which it has so much probability, or so many tokens.
  ///
  /// Only what has at least the probability `floor` is ranked; that of all others becomes 0.
  private func keep(
    mass: Double, count: Int, above floor: Float, key: (_ token: Int) -> UInt32
  ) {
    var ranked = 0
    for token in probabilities.indices
    where probabilities[token] >= floor && probabilities[token] > 0 {
      tokens[ranked] = Int32(token)
      masses[ranked] = probabilities[token]
      keys[ranked] = key(token)
      ranked += 1
    }
    let border = ranking.border(
      keys: UnsafeMutableBufferPointer(rebasing: keys[..<ranked]),
      probabilities: UnsafeMutableBufferPointer(rebasing: masses[..<ranked]), mass: mass,
      count: count)
    probabilities.update(repeating: 0)
    var ties = border.tieCount
    for place in 0..<ranked where keys[place] >= border.key {
      if keys[place] == border.key {
        if ties == 0 { continue }
        ties -= 1
      }
      probabilities[Int(tokens[place])] = masses[place]
    }
  }
}
