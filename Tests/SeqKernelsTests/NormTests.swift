import SeqKernels
import Testing

@Suite struct NormTests {
  @Test(arguments: [Float(0), 10, 1000, -10_000], [8, 31, 512])
  func layerNormAtAnOffset(_ offset: Float, _ columns: Int) {
    var values = TestValues(seed: UInt64(columns))
    let rows = 3
    let x = values.normal(rows * columns).map { $0 + offset }
    let weight = values.normal(columns)
    let bias = values.normal(columns)
    var y = x
    var mean = [Float](repeating: 0, count: rows)
    var inverse = mean
    Kernels.layerNorm(
      x, weight: weight, bias: bias, into: &y, mean: &mean, inverseDeviation: &inverse, rows: rows,
      columns: columns, epsilon: 1e-5)
    for row in 0..<rows {
      let part = x[row * columns..<(row + 1) * columns].map { Double($0) }
      let exactMean = part.reduce(0, +) / Double(columns)
      let variance =
        part.reduce(0) { $0 + ($1 - exactMean) * ($1 - exactMean) } / Double(columns)
      let exactInverse = 1 / (variance + 1e-5).squareRoot()
      // The mean is rounded to the spacing of floats at the offset; nothing else grows with it.
      let rounding = 1e-6 + 2e-7 * abs(Double(offset))
      #expect(abs(Double(mean[row]) - exactMean) <= rounding)
      #expect(abs(Double(inverse[row]) / exactInverse - 1) <= 1e-6 + rounding * rounding)
      for column in 0..<columns {
        let normalized = (part[column] - exactMean) * exactInverse
        let expected = normalized * Double(weight[column]) + Double(bias[column])
        let bound = (3e-6 + 2 * rounding * exactInverse) * (1 + abs(Double(weight[column])))
        #expect(abs(Double(y[row * columns + column]) - expected) <= bound)
      }
    }
  }

  @Test func aConstantRowIsItsBias() {
    let x = [Float](repeating: 7.5, count: 20)
    let bias = (0..<20).map { Float($0) }
    var y = x
    var moments: [Float] = [0, 0]
    moments.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      Kernels.layerNorm(
        x, weight: x, bias: bias, into: &y, mean: base, inverseDeviation: base + 1, rows: 1,
        columns: 20, epsilon: 1e-5)
    }
    #expect(y == bias)
    #expect(moments[0] == 7.5)
  }

  /// The fused form computes what its two parts do.
  @Test func residualNormIsSumThenNorm() {
    var values = TestValues(seed: 2)
    let (rows, columns) = (5, 70)
    let (a, b) = (values.normal(rows * columns), values.normal(rows * columns))
    let (weight, bias) = (values.normal(columns), values.normal(columns))
    let ids: [UInt32] = [4, 0, 99, 1, 7]
    for draws in [DropoutDraws.none, DropoutDraws(rate: 0.3, key: 5)] {
      var h = a
      var (sum, y, norm) = (a, a, a)
      var (mean, inverse) = ([Float](repeating: 0, count: rows), [Float](repeating: 0, count: rows))
      Kernels.residualDropoutNorm(
        residual: a, b, draws, rowIDs: ids, sum: &h, weight: weight, bias: bias, into: &y,
        mean: &mean, inverseDeviation: &inverse, rows: rows, columns: columns, epsilon: 1e-6)
      Kernels.residualDropout(
        residual: a, b, draws, rowIDs: ids, sum: &sum, rows: rows, columns: columns)
      Kernels.layerNorm(
        sum, weight: weight, bias: bias, into: &norm, mean: &mean, inverseDeviation: &inverse,
        rows: rows, columns: columns, epsilon: 1e-6)
      #expect(h == sum)
      #expect(largest(zip(y, norm).map { abs(Double($0) - Double($1)) }) < 1e-6)
      var dropped = b
      Kernels.dropout(b, draws, rowIDs: ids, into: &dropped, rows: rows, columns: columns)
      #expect(
        largest(a.indices.map { abs(Double(h[$0]) - Double(a[$0]) - Double(dropped[$0])) }) < 1e-6)
    }
  }
}
