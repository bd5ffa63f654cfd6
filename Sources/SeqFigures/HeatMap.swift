/// A matrix of numbers drawn as an area of shades, with a name for every row and column.
///
///     let map = HeatMap(
///       rowLabels: ["I", "sleep"], columnLabels: ["je", "dors"], values: [[0.9, 0.1], [0.2, 0.8]],
///       title: "cross-attention")
///     print(map.terminal(width: 80, color: .none))
///
/// A value that is not a number is drawn as masked out.
public struct HeatMap: DrawnFigure, Hashable {
  /// What the numbers are, which decides the legend.
  public enum Content: Hashable, Sendable {
    /// Shades from 0 to the largest value.
    case weights
    /// Allowed or masked out, nothing between.
    case mask
  }

  /// Written on the left, one a row.
  public var rowLabels: [String]
  /// Written above, turned, one a column.
  public var columnLabels: [String]
  /// Row after row.
  public var values: [[Double]]
  /// Written above everything; may be empty.
  public var title: String
  /// Whether shades or two states are drawn.
  public var content: Content
  /// Whether values are written into their cells as well.
  public var showsNumbers: Bool

  /// A matrix with its labels.
  ///
  /// - Precondition: As many row labels as rows, and as many values in each row as column labels.
  public init(
    rowLabels: [String], columnLabels: [String], values: [[Double]], title: String = "",
    content: Content = .weights, showsNumbers: Bool = false
  ) {
    precondition(values.count == rowLabels.count)
    precondition(values.allSatisfy { $0.count == columnLabels.count })
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.values = values
    self.title = title
    self.content = content
    self.showsNumbers = showsNumbers
  }

  /// The value drawn darkest; 1 where nothing is above 0.
  var largest: Double {
    let largest = values.joined().filter(\.isFinite).max() ?? 0
    return largest > 0 ? largest : 1
  }
}

extension Double {
  /// Two decimals, as cells show them: `.07`, `1.0`.
  var cellText: String {
    let hundredths = Int((self * 100).rounded())
    guard hundredths > -100 && hundredths < 100 else {
      let tenths = (self * 10).rounded() / 10
      return abs(tenths) < 10 ? "\(tenths)" : "\(Int(rounded()))"
    }
    let digits = String(abs(hundredths))
    return (hundredths < 0 ? "-." : ".") + (digits.count < 2 ? "0" : "") + digits
  }
}
