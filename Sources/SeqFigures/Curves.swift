/// Numbers over steps, as lines in panels one below the other.
///
///     let curves = Curves(
///       title: "runs/french", xLabel: "step",
///       panels: [.init(title: "loss", series: [.init(name: "training", points: points)])])
///     try curves.svg().write(toFile: "curves.svg", atomically: true, encoding: .utf8)
///
/// Points whose numbers are not finite are left out and interrupt their line.
public struct Curves: DrawnFigure, Hashable {
  /// A place in a panel.
  public struct Point: Hashable, Sendable {
    /// To the right.
    public var x: Double
    /// Upwards.
    public var y: Double

    /// A place in the units of its panel.
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }

    var isFinite: Bool { x.isFinite && y.isFinite }
  }

  /// A line with a name.
  public struct Series: Hashable, Sendable {
    /// What the legend calls it; one without a name is not in it.
    public var name: String
    /// From left to right.
    public var points: [Point]
    /// Which of the colours it has, from 0; by default its place in the panel.
    public var color: Int?
    /// Whether it is told from others of its colour by gaps.
    public var isDashed: Bool

    /// A line through points.
    public init(name: String, points: [Point], color: Int? = nil, isDashed: Bool = false) {
      self.name = name
      self.points = points
      self.color = color
      self.isDashed = isDashed
    }
  }

  /// Lines that share a scale.
  public struct Panel: Hashable, Sendable {
    /// What is measured, and in which unit.
    public var title: String
    /// Drawn in this order, the later ones on top.
    public var series: [Series]

    /// Lines under a title.
    public init(title: String, series: [Series]) {
      self.title = title
      self.series = series
    }
  }

  /// Written above everything.
  public var title: String
  /// What the horizontal axis counts, the same in every panel.
  public var xLabel: String
  /// From top to bottom.
  public var panels: [Panel]

  /// Panels over one another.
  public init(title: String, xLabel: String, panels: [Panel]) {
    self.title = title
    self.xLabel = xLabel
    self.panels = panels
  }

  /// The horizontal reach of all panels.
  var xRange: ClosedRange<Double> {
    Self.range(panels.flatMap(\.series).flatMap(\.points).filter(\.isFinite).map(\.x))
  }

  /// The least and the greatest; a little more where they are the same.
  static func range(_ values: [Double]) -> ClosedRange<Double> {
    guard let least = values.min(), let greatest = values.max() else { return 0...1 }
    guard least < greatest else {
      let reach = max(abs(least) * 0.05, 1e-6)
      return least - reach...greatest + reach
    }
    return least...greatest
  }
}

extension Curves.Panel {
  var yRange: ClosedRange<Double> {
    Curves.range(series.flatMap(\.points).filter(\.isFinite).map(\.y))
  }
}

extension Curves.Series {
  /// The line in at most about so many points: neighbours are averaged.
  func thinned(to limit: Int) -> [Curves.Point] {
    guard points.count > limit else { return points }
    let size = (points.count + limit - 1) / limit
    return stride(from: 0, to: points.count, by: size).map { start in
      let group = points[start..<min(start + size, points.count)]
      let count = Double(group.count)
      return Curves.Point(
        x: group.reduce(0) { $0 + $1.x } / count, y: group.reduce(0) { $0 + $1.y } / count)
    }
  }
}
