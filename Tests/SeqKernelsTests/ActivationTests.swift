import Foundation
import SeqKernels
import Testing

/// The errors that the numeric C states, measured through the functions that use it.
@Suite struct ActivationTests {
  private static let range = Array(stride(from: Float(-20), through: 20, by: 0.001_37))

  private static func apply(_ activation: Activation, _ x: [Float]) -> [Float] {
    var y = x
    Kernels.biasActivation(x, bias: nil, activation, into: &y, rows: 1, columns: x.count)
    return y
  }

  /// A row [0, x] gives the softmax e^x / (1 + e^x); their quotient is the exponential.
  @Test func exponential() {
    var worst = 0.0
    for x in stride(from: Float(-86.9), through: 0, by: 0.003_1) {
      var y: [Float] = [0, 0]
      Kernels.softmax([0, x], into: &y, rows: 1, columns: 2)
      worst = largest([worst, abs(Double(y[1]) / Double(y[0]) / exp(Double(x)) - 1)])
    }
    // 2e-7 for the exponential, and two roundings.
    #expect(worst < 3.5e-7)
  }

  /// Large arguments, through 1 / (1 + e⁻ˣ): its inverse less one.
  @Test func exponentialOfLargeArguments() {
    for x in stride(from: Float(20), through: 87.5, by: 0.1) {
      let y = Self.apply(.sigmoid, [-x])[0]
      #expect(abs(Double(y) * (1 + exp(Double(x))) - 1) < 4e-7, "\(x)")
    }
  }

  @Test func tanh() {
    let small = stride(from: Float(-1), through: 1, by: 0.000_1)
    let x = Self.range + small
    let worst = largest(
      zip(x, Self.apply(.tanh, x)).map { abs(Double($1) - Foundation.tanh(Double($0))) })
    #expect(worst < 3e-7)
    // Near 0 the error is small against the value too.
    for x: Float in [1e-20, 1e-5, -0.01, 0.1] {
      let relative = Double(Self.apply(.tanh, [x])[0]) / Foundation.tanh(Double(x)) - 1
      #expect(abs(relative) < 3e-7)
    }
  }

  @Test func sigmoid() {
    let worst = largest(
      zip(Self.range, Self.apply(.sigmoid, Self.range)).map {
        abs(Double($1) * (1 + exp(-Double($0))) - 1)
      })
    #expect(worst < 4e-7)
  }

  @Test func gelu() {
    let y = Self.apply(.gelu, Self.range)
    for (x, y) in zip(Self.range, y) {
      let exact = Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      // Φ is within 3e-7, the product rounds.
      #expect(abs(Double(y) - exact) <= 3e-7 * abs(Double(x)) + 6e-8 * abs(exact), "\(x)")
    }
  }

  @Test func swish() {
    let y = Self.apply(.swish, Self.range)
    for (x, y) in zip(Self.range, y) {
      let exact = Double(x) / (1 + exp(-Double(x)))
      // σ is within 4e-7 of itself, the product rounds.
      #expect(abs(Double(y) - exact) <= 5e-7 * abs(exact), "\(x)")
    }
  }

  @Test func tanhGELU() {
    let y = Self.apply(.geluTanh, Self.range)
    for (x, y) in zip(Self.range, y) {
      let x = Double(x)
      let exact =
        0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      #expect(abs(Double(y) - exact) <= 3e-7 * abs(x) + 6e-8 * abs(exact), "\(x)")
    }
  }

  @Test func relu() {
    #expect(Self.apply(.relu, [-1, 0, 2, -.infinity, .infinity]) == [0, 0, 2, 0, .infinity])
  }

  @Test(arguments: Activation.allCases)
  func extremesStayInRange(_ activation: Activation) {
    let y = Self.apply(activation, [-1000, 1000, -88.5, 88.5])
    switch activation {
    case .identity: #expect(y == [-1000, 1000, -88.5, 88.5])
    case .relu, .gelu, .geluTanh: #expect(y == [0, 1000, 0, 88.5])
    case .tanh: #expect(y == [-1, 1, -1, 1])
    case .swish: #expect(y[0] <= 0 && y[0] > -1e-34 && y[1] == 1000 && y[3] == 88.5)
    case .sigmoid: #expect(y[0] >= 0 && y[0] < 1e-37 && y[1] == 1 && y[2] < 1e-37 && y[3] == 1)
    }
  }

  @Test(arguments: Activation.allCases)
  func notANumberStaysSo(_ activation: Activation) {
    #expect(Self.apply(activation, [1, .nan, 2]).map { $0.isNaN } == [false, true, false])
  }

  @Test(arguments: Activation.allCases)
  func addsTheBiasFirst(_ activation: Activation) {
    var values = TestValues(seed: 4)
    let (rows, columns) = (3, 37)
    let x = values.normal(rows * columns)
    let bias = values.normal(columns)
    var y = x
    Kernels.biasActivation(x, bias: bias, activation, into: &y, rows: rows, columns: columns)
    let sums = x.indices.map { x[$0] + bias[$0 % columns] }
    let expected = Self.apply(activation, sums)
    #expect(largest(zip(y, expected).map { abs(Double($0) - Double($1)) }) < 1e-6)
    Kernels.biasActivation(x, bias: bias, activation, into: &y, rows: rows, columns: columns)
    var inPlace = x
    inPlace.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      Kernels.biasActivation(base, bias: bias, activation, into: base, rows: rows, columns: columns)
    }
    #expect(inPlace == y)
  }
}
