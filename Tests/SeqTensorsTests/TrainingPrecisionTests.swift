import SeqKernels
import SeqTensors
import Testing

/// Training in bfloat16: every operand of a product is rounded, nothing else is.
@Suite struct TrainingPrecisionTests {
  private let rows = 9
  private let input = 24
  private let output = 17

  /// Values, and gradients of input and weight, of a linear map and a loss that weighs its results.
  private func compute(
    _ precision: Precision, x: [Float], weight: [Float], factors: [Float]
  ) -> (y: [Float], dx: [Float], dw: [Float]) {
    let store = ParameterStore(seed: 1)
    let parameter = store.root.parameter("weight", [output, input], .constant(0))
    parameter.assign(weight)
    let context = Context(mode: .training, store: store, precision: precision)
    let x = context.variable(x, shape: [rows, input])
    let y = x.linear(weight: parameter)
    let loss = (y * context.tensor(factors, shape: [rows, output])).sum()
    let gradient = loss.backward(to: [x])[0]
    return (y.values, gradient, context.gradients[parameter])
  }

  /// Rows of an embedding that are mixtures, and gradients of weights and table, of the same loss.
  private func mix(
    _ precision: Precision, weights: [Float], table: [Float], factors: [Float]
  ) -> (y: [Float], dx: [Float], dw: [Float]) {
    let store = ParameterStore(seed: 1)
    let parameter = store.root.parameter("table", [input, output], .constant(0))
    parameter.assign(table)
    let context = Context(mode: .training, store: store, precision: precision)
    let weights = context.variable(weights, shape: [rows, input])
    let y = context.embed(
      Array(repeating: 0, count: rows),
      mixture: EmbeddingMixture(weights: weights, rows: Array(0..<rows)), in: parameter,
      sequences: Sequences(lengths: [rows]))
    let loss = (y * context.tensor(factors, shape: [rows, output])).sum()
    let gradient = loss.backward(to: [weights])[0]
    return (y.values, gradient, context.gradients[parameter])
  }

  private func rounded(_ values: [Float]) -> [Float] {
    values.withUnsafeBufferPointer { values in
      var halves = [UInt16](repeating: 0, count: values.count)
      var result = [Float](repeating: 0, count: values.count)
      if let start = values.baseAddress {
        Kernels.roundToBFloat16(start, into: &halves, count: values.count)
        Kernels.widen(halves, into: &result, count: values.count)
      }
      return result
    }
  }

  private func values(_ count: Int, seed: UInt64) -> [Float] {
    (0..<count).map {
      Float(CountedRandom.hash([seed, UInt64($0)]) % 2001) / 1000 - 1
    }
  }

  /// Rounding what is given by hand, and then the gradient that comes back, gives the same numbers, in a
  /// linear map and in mixtures of an embedding's rows.
  @Test(arguments: [false, true]) func operandsAreRounded(inMixtures: Bool) {
    let x = values(rows * input, seed: 1)
    let weight = values(output * input, seed: 2)
    // The gradient of y, which is an operand of the step back.
    let factors = values(rows * output, seed: 3)
    func compute(
      _ precision: Precision, _ x: [Float], _ weight: [Float], _ factors: [Float]
    ) -> (y: [Float], dx: [Float], dw: [Float]) {
      inMixtures
        ? mix(precision, weights: x, table: weight, factors: factors)
        : self.compute(precision, x: x, weight: weight, factors: factors)
    }
    let found = compute(.bfloat16, x, weight, factors)
    let expected = compute(.float32, rounded(x), rounded(weight), rounded(factors))
    let plain = compute(.float32, x, weight, factors)
    for (name, found, expected, plain) in [
      ("y", found.y, expected.y, plain.y), ("dx", found.dx, expected.dx, plain.dx),
      ("dw", found.dw, expected.dw, plain.dw),
    ] {
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 }, "\(name)")
      // Rounding is seen, and it is small.
      let difference = zip(found, plain).map { abs($0 - $1) }.max() ?? 0
      #expect(1e-4 < difference && difference < 0.1, "\(name): \(difference)")
    }
  }
}
