internal import SeqKernels

/// Who may attend to whom, within one sequence or from one sequence to its memory.
///
///     let mask = AttentionMask.causal.union(.padding(lengths: [5, 3]))
///
/// Kernels skip what is masked; nothing is filled with −∞, and a query with no key left gets zeros.
/// Ragged batches have no padding and need no mask for it; padded tensors do.
public struct AttentionMask: Sendable, Hashable {
  /// One reason to hide a pair; a mask hides what any of its parts hides.
  enum Part: Sendable, Hashable {
    case causal
    case lengths([Int])
    case keys(BooleanTensor)
    case window(before: Int, after: Int, globalPositions: Set<Int>)
    /// For every sequence, or one for all.
    case matrices([BooleanTensor])
  }

  private(set) var parts: [Part]

  private init(_ parts: [Part]) { self.parts = parts }

  /// Everybody sees everything.
  public static let none = AttentionMask([])

  /// Nobody sees the future: query i sees the keys up to i + keyCount − queryCount.
  public static let causal = AttentionMask([.causal])

  /// The keys at and after the length of each sequence are padding, which nobody sees.
  public static func padding(lengths: [Int]) -> AttentionMask {
    AttentionMask([.lengths(lengths)])
  }

  /// The keys that are true in `[batch, keys]` are padding, wherever they stand.
  ///
  /// - Precondition: Two axes.
  public static func padding(_ keys: BooleanTensor) -> AttentionMask {
    require(keys.shape.rank == 2, "padding mask: \(keys.shape), not [batch, keys]")
    return AttentionMask([.keys(keys)])
  }

  /// A query sees the keys from `before` positions before its own to `after` positions behind it.
  ///
  /// Global positions see every key, and every query sees them (Beltagy et al. 2020,
  /// arXiv:2004.05150, §3.1). Positions are those of keys: query i stands at
  /// i + keyCount − queryCount. The mask is a matrix inside, not a saving of work;
  /// `windowAttention` computes the window alone.
  ///
  /// - Precondition: Neither reach is negative.
  public static func window(
    before: Int, after: Int, globalPositions: Set<Int> = []
  ) -> AttentionMask {
    require(
      before >= 0 && after >= 0, "window: \(before) before and \(after) after, a negative one")
    return AttentionMask([
      .window(before: before, after: after, globalPositions: globalPositions)
    ])
  }

  /// What is true is hidden: `[queries, keys]` in every sequence, `[batch, queries, keys]` in each.
  ///
  /// - Precondition: Two or three axes.
  public static func hidden(_ mask: BooleanTensor) -> AttentionMask {
    require(
      mask.shape.rank == 2 || mask.shape.rank == 3,
      "boolean mask: \(mask.shape), neither [queries, keys] nor [batch, queries, keys]")
    return AttentionMask([.matrices(mask.shape.rank == 2 ? [mask] : mask.matrices)])
  }

  /// For every sequence a matrix `[queries, keys]` of its own, in which true is hidden.
  ///
  /// - Precondition: Two axes each.
  public static func hidden(each matrices: [BooleanTensor]) -> AttentionMask {
    for matrix in matrices {
      require(matrix.shape.rank == 2, "boolean mask: \(matrix.shape), not [queries, keys]")
    }
    return AttentionMask([.matrices(matrices)])
  }

  /// The mask that hides what either hides.
  public func union(_ other: AttentionMask) -> AttentionMask {
    AttentionMask(parts + other.parts.filter { !parts.contains($0) })
  }

  /// Whether the future is hidden, whatever else is.
  public var isCausal: Bool { parts.contains(.causal) }

  /// Whether a pair of one sequence is hidden.
  public func hides(
    query: Int, key: Int, sequence: Int, queryCount: Int, keyCount: Int
  ) -> Bool {
    let position = query + keyCount - queryCount
    return parts.contains { part in
      switch part {
      case .causal: key > position
      case .lengths(let lengths): key >= lengths[sequence]
      case .keys(let keys): keys[sequence, key]
      case .window(let before, let after, let globals):
        !(position - before...position + after ~= key) && !globals.contains(key)
          && !globals.contains(position)
      case .matrices(let matrices):
        (matrices.count == 1 ? matrices[0] : matrices[sequence])[query, key]
      }
    }
  }

  /// All that is hidden in one sequence, `[queries, keys]`.
  ///
  /// - Precondition: The mask fits.
  public func matrix(sequence: Int, queryCount: Int, keyCount: Int) -> BooleanTensor {
    BooleanTensor(rows: queryCount, columns: keyCount) {
      hides(query: $0, key: $1, sequence: sequence, queryCount: queryCount, keyCount: keyCount)
    }
  }

  /// All that is hidden in padded tensors, `[batch, queries, keys]`.
  ///
  /// - Precondition: At least one sequence, and the mask fits.
  public func matrices(batch: Int, queryCount: Int, keyCount: Int) -> BooleanTensor {
    check(
      "boolean mask", queryCounts: Array(repeating: queryCount, count: batch),
      keyCounts: Array(repeating: keyCount, count: batch))
    return BooleanTensor(
      stacking: (0..<batch).map {
        matrix(sequence: $0, queryCount: queryCount, keyCount: keyCount)
      })
  }

  /// What is hidden in one sequence beside the future, which kernels know by themselves; nil for
  /// nothing.
  func matrixBesideCausal(sequence: Int, queryCount: Int, keyCount: Int) -> BooleanTensor? {
    guard parts.contains(where: { $0 != .causal }) else { return nil }
    let rest = AttentionMask(parts.filter { $0 != .causal })
    if rest.parts.count == 1, case .matrices(let matrices) = rest.parts[0] {
      return matrices.count == 1 ? matrices[0] : matrices[sequence]
    }
    return rest.matrix(sequence: sequence, queryCount: queryCount, keyCount: keyCount)
  }

  /// Traps in the name of an operation unless every part fits the sequences.
  func check(_ operation: String, queryCounts: [Int], keyCounts: [Int]) {
    let count = queryCounts.count
    func check(_ found: Shape, _ expected: Shape) {
      require(found == expected, "\(operation): mask \(found), not \(expected)")
    }
    for part in parts {
      switch part {
      case .causal, .window: break
      case .lengths(let lengths):
        require(
          lengths.count == count,
          "\(operation): a mask of \(lengths.count) lengths and \(count) sequences")
        for (length, keyCount) in zip(lengths, keyCounts) {
          require(
            0...keyCount ~= length, "\(operation): length \(length) in a mask, \(keyCount) keys")
        }
      case .keys(let keys):
        for keyCount in keyCounts { check(keys.shape, [count, keyCount]) }
      case .matrices(let matrices):
        require(
          matrices.count == 1 || matrices.count == count,
          "\(operation): \(matrices.count) masks and \(count) sequences")
        for index in 0..<count {
          check(
            (matrices.count == 1 ? matrices[0] : matrices[index]).shape,
            [queryCounts[index], keyCounts[index]])
        }
      }
    }
  }
}
