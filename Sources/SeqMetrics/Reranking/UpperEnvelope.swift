/// Of some straight lines, which is highest where.
struct UpperEnvelope {
  /// A stretch on which one line is the highest.
  struct Stretch: Hashable {
    /// Where it begins; −∞ for the first.
    var start: Double
    /// The place of the line among those given.
    var line: Int
  }

  /// From left to right; of lines that are the same the first is named.
  let stretches: [Stretch]

  /// The envelope of `intercept + slope · x`, by falling lines first.
  init(intercepts: [Double], slopes: [Double]) {
    let order = slopes.indices.sorted {
      (slopes[$0], -intercepts[$0], $0) < (slopes[$1], -intercepts[$1], $1)
    }
    var stretches: [Stretch] = []
    for line in order {
      // Of parallel lines only the highest, which comes first.
      if let last = stretches.last, slopes[last.line] == slopes[line] { continue }
      var start = -Double.infinity
      while let last = stretches.last {
        start =
          (intercepts[last.line] - intercepts[line]) / (slopes[line] - slopes[last.line])
        if start > last.start { break }
        stretches.removeLast()
        start = -.infinity
      }
      stretches.append(Stretch(start: start, line: line))
    }
    self.stretches = stretches
  }
}
