import SeqKernels
import Testing

@Suite struct AdamTests {
  /// Ten steps against the textbook in double precision (Kingma & Ba 2015, algorithm 1; Loshchilov
  /// & Hutter 2019, algorithm 2).
  @Test(arguments: [(decay: 0.0, gradientDecay: 0.0), (0.01, 0), (0, 0.02)])
  func agreesWithDoublePrecision(_ weightDecay: (decay: Double, gradientDecay: Double)) {
    var values = TestValues(seed: 1)
    let count = 67
    let (rate, beta1, beta2, epsilon) = (0.01, 0.9, 0.98, 1e-9)
    var weights = values.normal(count)
    var exact = weights.map { Double($0) }
    var (first, second) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    var (m, v) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<10 {
      let gradient = values.normal(count)
      power1 *= beta1
      power2 *= beta2
      Kernels.adam(
        value: &weights, gradient: gradient, firstMoment: &first, secondMoment: &second,
        count: count,
        AdamStep(
          gradientScale: 0.25, beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
          stepSize: Float(rate / (1 - power1)), secondMomentScale: Float(1 / (1 - power2)),
          decay: Float(rate * weightDecay.decay), gradientDecay: Float(weightDecay.gradientDecay)))
      for i in 0..<count {
        let g = 0.25 * Double(gradient[i]) + weightDecay.gradientDecay * exact[i]
        m[i] = beta1 * m[i] + (1 - beta1) * g
        v[i] = beta2 * v[i] + (1 - beta2) * g * g
        let (mHat, vHat) = (m[i] / (1 - power1), v[i] / (1 - power2))
        exact[i] -=
          rate * weightDecay.decay * exact[i] + rate * mHat / (vHat.squareRoot() + epsilon)
      }
    }
    #expect(largest(zip(weights, exact).map { abs(Double($0) - $1) }) < 2e-6)
    #expect(largest(zip(first, m).map { abs(Double($0) - $1) }) < 1e-6)
    #expect(largest(zip(second, v).map { abs(Double($0) - $1) }) < 1e-6)
  }

  @Test func noGradientNoMove() {
    var (weights, first, second): ([Float], [Float], [Float]) = ([1, 2], [0, 0], [0, 0])
    Kernels.adam(
      value: &weights, gradient: [0, 0], firstMoment: &first, secondMoment: &second, count: 2,
      AdamStep(
        gradientScale: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, stepSize: 0.1,
        secondMomentScale: 1000, decay: 0, gradientDecay: 0))
    #expect(weights == [1, 2])
  }
}
