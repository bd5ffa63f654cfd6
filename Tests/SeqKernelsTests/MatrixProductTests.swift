import SeqKernels
import Testing

@Suite struct MatrixProductTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var inner: Int
    var transposed: (left: Bool, right: Bool) = (false, false)
    /// Floats after each stored row that are no part of it.
    var gap = 0
    var alpha: Float = 1
    var beta: Float = 0

    var testDescription: String {
      "[\(rows), \(inner)] × [\(inner), \(columns)], transposed \(transposed), gap \(gap), "
        + "α \(alpha), β \(beta)"
    }
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for (rows, columns, inner) in [(1, 1, 1), (1, 40, 33), (7, 5, 3), (16, 64, 48), (33, 17, 130)] {
      for left in [false, true] {
        for right in [false, true] {
          let transposed = (left: left, right: right)
          cases.append(Case(rows: rows, columns: columns, inner: inner, transposed: transposed))
          cases.append(
            Case(
              rows: rows, columns: columns, inner: inner, transposed: transposed, gap: 3,
              alpha: -0.5, beta: 1))
        }
      }
    }
    cases.append(Case(rows: 5, columns: 6, inner: 7, alpha: 2, beta: -0.25))
    return cases
  }()

  @Test(arguments: cases)
  func agreesWithSums(_ c: Case) {
    var values = TestValues(seed: UInt64(c.rows * 1000 + c.inner))
    let aShape = c.transposed.left ? (c.inner, c.rows) : (c.rows, c.inner)
    let bShape = c.transposed.right ? (c.columns, c.inner) : (c.inner, c.columns)
    let (aStride, bStride, cStride) = (aShape.1 + c.gap, bShape.1 + c.gap, c.columns + c.gap)
    let a = values.normal(aShape.0 * aStride)
    let b = values.normal(bShape.0 * bStride)
    let start = values.normal(c.rows * cStride)
    var result = start
    MatrixProduct.multiply(
      a, stride: aStride, leftTransposed: c.transposed.left, by: b, stride: bStride,
      rightTransposed: c.transposed.right, into: &result, stride: cStride, rows: c.rows,
      columns: c.columns, inner: c.inner, alpha: c.alpha, beta: c.beta)
    for row in 0..<c.rows {
      for column in 0..<c.columns {
        var sum = 0.0
        var magnitude = 0.0
        for p in 0..<c.inner {
          let x = Double(c.transposed.left ? a[p * aStride + row] : a[row * aStride + p])
          let y = Double(c.transposed.right ? b[column * bStride + p] : b[p * bStride + column])
          sum += x * y
          magnitude += abs(x * y)
        }
        let at = row * cStride + column
        let expected = Double(c.alpha) * sum + Double(c.beta) * Double(start[at])
        #expect(abs(Double(result[at]) - expected) <= 1e-6 * (magnitude + abs(expected)))
      }
      // What lies between the rows is left alone.
      for at in row * cStride + c.columns..<(row + 1) * cStride {
        #expect(result[at] == start[at])
      }
    }
  }

  /// Left spread, right spread, both, neither; and only as much scratch as was asked for.
  @Test(arguments: [(128, 300, 9), (300, 128, 9), (256, 384, 33), (130, 40, 17), (1, 1, 1)])
  func gradientsAreAdded(rows: Int, columns: Int, inner: Int) {
    var values = TestValues(seed: UInt64(rows + columns))
    let a = values.normal(inner * rows)
    let b = values.normal(inner * columns)
    let start = values.normal(rows * columns)
    var (result, expected) = (start, start)
    let count = MatrixProduct.gradientScratchCount(rows: rows, columns: columns, inner: inner)
    var scratch = [Float](repeating: .nan, count: count + 8)
    MatrixProduct.accumulateGradient(
      a, by: b, into: &result, rows: rows, columns: columns, inner: inner, scratch: &scratch)
    MatrixProduct.multiply(
      a, stride: rows, leftTransposed: true, by: b, stride: columns, into: &expected,
      stride: columns, rows: rows, columns: columns, inner: inner, beta: 1)
    #expect(zip(result, expected).allSatisfy { abs($0 - $1) <= 1e-5 * (1 + abs($1)) })
    #expect(scratch.suffix(8).allSatisfy { $0.isNaN })
    #expect((count > 0) == (min(rows, columns) >= 128 && max(rows, columns) >= 256))
  }

  /// Products of bfloat16 numbers are exact, so only their sum differs from the one in double.
  @Test(arguments: cases.filter { abs($0.alpha) != 2 })
  func roundedOperandsAreSummed(_ c: Case) {
    var values = TestValues(seed: UInt64(c.rows * 1000 + c.inner))
    let aShape = c.transposed.left ? (c.inner, c.rows) : (c.rows, c.inner)
    let bShape = c.transposed.right ? (c.columns, c.inner) : (c.inner, c.columns)
    let (aStride, bStride, cStride) = (aShape.1 + c.gap, bShape.1 + c.gap, c.columns + c.gap)
    let a = values.normal(aShape.0 * aStride)
    let b = values.normal(bShape.0 * bStride)
    let start = values.normal(c.rows * cStride)
    let accumulate = c.beta == 1
    let room = MatrixProduct.roundedScratchCount(
      rows: c.rows, columns: c.columns, inner: c.inner)
    var scratch = [Float](repeating: .nan, count: room + 8)
    var result = start
    MatrixProduct.multiplyRounded(
      a, stride: aStride, leftTransposed: c.transposed.left, by: b, stride: bStride,
      rightTransposed: c.transposed.right, into: &result, stride: cStride, rows: c.rows,
      columns: c.columns, inner: c.inner, accumulate: accumulate, scratch: &scratch)
    #expect(scratch.suffix(8).allSatisfy { $0.isNaN })
    func check(_ result: [Float], rounding: Bool) {
      for row in 0..<c.rows {
        for column in 0..<c.columns {
          var sum = accumulate ? Double(start[row * cStride + column]) : 0
          var magnitude = abs(sum)
          for p in 0..<c.inner {
            let x = c.transposed.left ? a[p * aStride + row] : a[row * aStride + p]
            let y = c.transposed.right ? b[column * bStride + p] : b[p * bStride + column]
            let product =
              rounding
              ? Double(x.nearestBFloat16) * Double(y.nearestBFloat16)
              : Double(x) * Double(y)
            sum += product
            magnitude += abs(product)
          }
          #expect(abs(Double(result[row * cStride + column]) - sum) <= 1e-6 * magnitude)
        }
        for at in row * cStride + c.columns..<(row + 1) * cStride {
          #expect(result[at] == start[at])
        }
      }
    }
    check(result, rounding: true)
    #if os(Linux)
      // What runs such products on processors that have them, here with float32 operands.
      result = start
      #expect(
        MatrixProduct.multiplyByMatmul(
          a, stride: aStride, leftTransposed: c.transposed.left, by: b, stride: bStride,
          rightTransposed: c.transposed.right, into: &result, stride: cStride, rows: c.rows,
          columns: c.columns, inner: c.inner, accumulate: accumulate))
      check(result, rounding: false)
    #endif
  }

  /// With β = 0 the result's memory is not read, so what is not a number there does not matter.
  @Test func zeroBetaOverwrites() {
    var result = [Float](repeating: .nan, count: 6)
    MatrixProduct.multiply(
      [1, 2], stride: 1, by: [1, 2, 3], stride: 3, into: &result, stride: 3, rows: 2, columns: 3,
      inner: 1)
    #expect(result == [1, 2, 3, 2, 4, 6])
  }

  @Test func libraryIsNamed() {
    #expect(MatrixProduct.provider.contains { $0.isLetter })
    #if os(Linux)
      #expect(MatrixProduct.provider.contains { $0.isNumber })
    #endif
  }
}

extension Float {
  /// Rounded by arithmetic alone: to 8 significant bits, of two equally near to the even one.
  fileprivate var nearestBFloat16: Float {
    guard self != 0 else { return self }
    let unit = Float(sign: .plus, exponent: exponent - 7, significand: 1)
    return (self / unit).rounded(.toNearestOrEven) * unit
  }
}
