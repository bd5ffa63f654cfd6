import SeqKernels
import Testing

@Suite struct PanelMatrixTests {
  private static func product(
    _ matrix: PanelMatrix, _ x: ArraySlice<Float>, rows: Int, onto start: [Float]? = nil
  ) -> [Float] {
    let stride = PanelMatrix.paddedColumns(matrix.columns)
    var y = start ?? [Float](repeating: .nan, count: rows * stride)
    matrix.multiply(
      Array(x), stride: matrix.inner, into: &y, stride: stride, rows: rows,
      accumulate: start != nil)
    return y
  }

  @Test(arguments: [(3, 5), (16, 16), (33, 48), (40, 100), (1, 1), (256, 64)], [false, true])
  func agreesWithSums(_ sizes: (inner: Int, columns: Int), _ isTransposed: Bool) {
    let (inner, columns) = sizes
    var values = TestValues(seed: UInt64(inner))
    let stored = values.normal(inner * columns)
    let matrix = PanelMatrix(stored, inner: inner, columns: columns, isTransposed: isTransposed)
    let stride = PanelMatrix.paddedColumns(columns)
    // Every height of a tile, and sums of several.
    for rows in Array(1...14) + [32] {
      let x = values.normal(rows * inner)
      let y = Self.product(matrix, x[...], rows: rows)
      let twice = Self.product(matrix, x[...], rows: rows, onto: y)
      for row in 0..<rows {
        for column in 0..<stride {
          var (sum, magnitude) = (0.0, 0.0)
          if column < columns {
            for p in 0..<inner {
              let index = isTransposed ? column * inner + p : p * columns + column
              let term = Double(x[row * inner + p]) * Double(stored[index])
              sum += term
              magnitude += abs(term)
            }
          }
          let found = (Double(y[row * stride + column]), Double(twice[row * stride + column]))
          #expect(abs(found.0 - sum) <= 1e-6 * magnitude)
          #expect(abs(found.1 - 2 * sum) <= 2e-6 * magnitude)
        }
      }
    }
  }

  /// A row has the same bits whatever the number of rows, and wherever it stands among them.
  @Test func rowsDoNotDependOnTheirNumber() {
    var values = TestValues(seed: 4)
    let (inner, columns, count) = (100, 70, 40)
    let matrix = PanelMatrix(values.normal(inner * columns), inner: inner, columns: columns)
    let x = values.normal(count * inner)
    let stride = PanelMatrix.paddedColumns(columns)
    let all = Self.product(matrix, x[...], rows: count)
    for rows in 1...count {
      // The last rows of the batch, so that their places differ too.
      let last = Self.product(matrix, x[((count - rows) * inner)...], rows: rows)
      #expect(last == Array(all[((count - rows) * stride)...]))
    }
  }
}
