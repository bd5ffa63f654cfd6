/// Finds the shortest beginning of a ranking that holds enough probability or enough tokens, without
/// sorting.
///
/// Tokens are ranked by falling key, of equal keys the lower id first. A radix selection from the
/// highest bits of the keys down: each pass adds up, for every value of some bits, the tokens that
/// are still undecided, and settles in which value the border lies. Three passes over the tokens,
/// whatever the distribution.
///
/// Not negative numbers rank by their bit patterns.
final class RankedPrefix {
  /// The bits of a key, from the left, that one pass decides.
  private static let widths = [11, 11, 10]

  private let counts = UnsafeMutableBufferPointer<Int>.allocate(capacity: 1 << 11)
  private let masses = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1 << 11)

  deinit {
    counts.deallocate()
    masses.deallocate()
  }

  /// The end of a prefix: all tokens of a larger key belong to it, and the first `tieCount` of this
  /// key.
  struct Border {
    var key: UInt32
    var tieCount: Int
  }

  /// The border of the shortest prefix with at least so much probability, or with so many tokens.
  ///
  /// The token that crosses is inside; there is at least one token, if there is any at all.
  ///
  /// - Precondition: As many probabilities as keys.
  func border(
    keys: UnsafeMutableBufferPointer<UInt32>, probabilities: UnsafeMutableBufferPointer<Float>,
    mass: Double, count: Int
  ) -> Border {
    var missingMass = mass
    var missingCount = count
    var decided: UInt32 = 0
    var undecidedBits = 32
    for width in Self.widths {
      let shift = undecidedBits - width
      addUp(keys, probabilities, decided: decided, undecidedBits: undecidedBits, width: width)
      var value = (1 << width) - 1
      while value > 0 {
        let isEnough = masses[value] >= missingMass || counts[value] >= missingCount
        if counts[value] > 0 && isEnough { break }
        missingMass -= masses[value]
        missingCount -= counts[value]
        value -= 1
      }
      decided |= UInt32(value) << UInt32(shift)
      undecidedBits = shift
    }
    var tieCount = 0
    for token in keys.indices where keys[token] == decided {
      tieCount += 1
      missingMass -= Double(probabilities[token])
      if missingMass <= 0 || tieCount >= missingCount { break }
    }
    return Border(key: decided, tieCount: tieCount)
  }

  /// Adds up tokens and probabilities by the highest undecided bits, of the keys that begin with the
  /// decided ones.
  private func addUp(
    _ keys: UnsafeMutableBufferPointer<UInt32>, _ probabilities: UnsafeMutableBufferPointer<Float>,
    decided: UInt32, undecidedBits: Int, width: Int
  ) {
    counts.update(repeating: 0)
    masses.update(repeating: 0)
    let shift = UInt32(undecidedBits - width)
    let mask = UInt32(1 << width) - 1
    // The shift by all 32 bits of the first pass gives 0, as it should.
    let beginning = decided >> UInt32(undecidedBits)
    for token in keys.indices where keys[token] >> UInt32(undecidedBits) == beginning {
      let value = Int((keys[token] >> shift) & mask)
      counts[value] += 1
      masses[value] += Double(probabilities[token])
    }
  }
}
