/// Two answers compared place by place.
struct Comparison {
  /// Numbers compared.
  private(set) var count = 0
  /// The largest difference; infinite where a number is compared with none.
  private(set) var largest: Float = 0
  /// The first place, in the order given, where the difference is above the bound, and the
  /// difference there.
  private(set) var first: (place: BatchPlace, difference: Float)?

  /// Compares numbers `[batch, length, size]` at pairs of places, those of the first named first.
  init(
    _ a: PaddedValues, _ b: PaddedValues, at places: [(BatchPlace, BatchPlace)], bound: Float
  ) {
    for (place, other) in places {
      let (left, right) = (a[place], b[other])
      var difference: Float = 0
      for (x, y) in zip(left, right) { difference = max(difference, Self.difference(x, y)) }
      count += left.count
      largest = max(largest, difference)
      if difference > bound, first == nil { first = (place, difference) }
    }
  }

  /// How far two numbers are apart; equal infinities are not.
  static func difference(_ x: Float, _ y: Float) -> Float {
    if x == y { return 0 }
    let difference = abs(x - y)
    return difference.isNaN ? .infinity : difference
  }
}

/// The largest finite number by size at some places, at least 1.
func largestFinite(_ values: PaddedValues, at places: [BatchPlace]) -> Float {
  places.reduce(1) { largest, place in
    values[place].reduce(largest) { $1.isFinite ? max($0, abs($1)) : $0 }
  }
}

extension Examination {
  /// The first layer whose states differ between two batches at places where they must not; nil
  /// where none does or layers are not offered.
  ///
  /// `places` pairs those of the first batch with those of the second, for each side; `share` is
  /// what may differ of the largest state.
  func firstLayer(
    differingBetween first: ExaminedBatch, and second: ExaminedBatch, share: Float,
    at places: (BatchSide) -> [(BatchPlace, BatchPlace)]
  ) throws -> (layer: String, side: BatchSide, place: BatchPlace)? {
    guard let before = try answers.states(first), let after = try answers.states(second),
      before.count == after.count
    else { return nil }
    for (a, b) in zip(before, after) {
      let places = places(a.side)
      let bound = share * largestState(a.values, at: places.map(\.0))
      let comparison = Comparison(a.values, b.values, at: places, bound: bound)
      if let first = comparison.first { return (a.name, a.side, first.place) }
    }
    return nil
  }

  private func largestState(_ values: PaddedValues, at places: [BatchPlace]) -> Float {
    places.reduce(0) { largest, place in
      values[place].reduce(largest) { $1.isFinite ? max($0, abs($1)) : $0 }
    }
  }
}
