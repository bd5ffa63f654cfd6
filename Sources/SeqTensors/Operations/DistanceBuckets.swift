internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Which distances between a query and a key are told apart, by number.
///
/// A distance is the key's position minus the query's: negative in the past.
public enum DistanceBuckets: Hashable, Sendable {
  /// Every distance by itself up to `maximum` on either side, those beyond with the last:
  /// `2 · maximum + 1` buckets (Shaw et al. 2018, arXiv:1803.02155, §3.2).
  case clipped(maximum: Int)
  /// Query minus key, clipped to −span ..< span: `2 · span` buckets (He et al. 2021,
  /// arXiv:2006.03654, eq. 3).
  case spanned(Int)
  /// Near distances by themselves, far ones in buckets that widen with their logarithm up to
  /// `maximum`; with `twoSided` half of the buckets are for the future, else it shares bucket 0
  /// (Raffel et al. 2020, arXiv:1910.10683, §2.1; the reference implementation's numbering).
  case logarithmic(count: Int, maximum: Int, twoSided: Bool)

  /// How many buckets there are.
  public var count: Int {
    switch self {
    case .clipped(let maximum): 2 * maximum + 1
    case .spanned(let span): 2 * span
    case .logarithmic(let count, _, _): count
    }
  }

  /// The bucket of a distance, `0 ..< count`.
  public func bucket(of distance: Int) -> Int {
    switch self {
    case .clipped(let maximum):
      return min(max(distance, -maximum), maximum) + maximum
    case .spanned(let span):
      return min(max(span - distance, 0), 2 * span - 1)
    case .logarithmic(let count, let maximum, let twoSided):
      let side = twoSided ? count / 2 : count
      let first = twoSided && distance > 0 ? side : 0
      let steps = twoSided ? abs(distance) : max(-distance, 0)
      let exact = side / 2
      guard steps >= exact, exact > 0 else { return first + min(steps, side - 1) }
      // In single precision, as the reference computes it: whole numbers are sometimes just missed.
      let share = log(Float(steps) / Float(exact)) / Float(log(Double(maximum) / Double(exact)))
      return first + min(exact + Int(share * Float(side - exact)), side - 1)
    }
  }
}

/// The buckets of all distances that a batch has, in their order.
final class BucketLine {
  /// The largest count of keys; the first distance is 1 − this.
  private let keyCount: Int
  private let values: [Int32]

  /// The buckets for as many queries and keys at most.
  init(_ buckets: DistanceBuckets, queryCount: Int, keyCount: Int) {
    self.keyCount = keyCount
    let distances = (1 - max(keyCount, 1))..<max(queryCount, 1)
    values = distances.map { Int32(buckets.bucket(of: $0)) }
  }

  /// Calls `body` with the buckets from distance 1 − `count` on.
  func from<Result>(keyCount count: Int, _ body: (UnsafePointer<Int32>) -> Result) -> Result {
    values.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else {
        requirementFailure("relative positions: no distances")
      }
      return body(first + (keyCount - count))
    }
  }

  /// The bucket of a distance.
  subscript(distance: Int) -> Int { Int(values[distance + keyCount - 1]) }
}
