import Foundation
import SeqFigures

/// Draws what a benchmark has measured.
///
/// Reads a figure as JSON from standard input and writes it as SVG to standard output:
///
///     {"title": …, "x_label": …,
///      "panels": [{"title": …, "series": [{"name": …, "points": [[x, y], …]}, …]}, …]}
@main struct DrawCurves {
  static func main() throws {
    let input = FileHandle.standardInput.readDataToEndOfFile()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let figure = try decoder.decode(DrawnCurves.self, from: input)
    FileHandle.standardOutput.write(Data(figure.curves.svg().utf8))
  }
}

/// A figure as the input spells it.
private struct DrawnCurves: Decodable {
  struct Panel: Decodable {
    let title: String
    let series: [Series]
  }

  struct Series: Decodable {
    let name: String
    let points: [Place]
  }

  /// To the right, and upwards.
  struct Place: Decodable {
    let point: Curves.Point

    init(from decoder: any Decoder) throws {
      var numbers = try decoder.unkeyedContainer()
      point = Curves.Point(x: try numbers.decode(Double.self), y: try numbers.decode(Double.self))
    }
  }

  let title: String
  let xLabel: String
  let panels: [Panel]

  var curves: Curves {
    Curves(
      title: title, xLabel: xLabel,
      panels: panels.map { panel in
        Curves.Panel(
          title: panel.title,
          series: panel.series.map { series in
            Curves.Series(name: series.name, points: series.points.map(\.point))
          })
      })
  }
}
