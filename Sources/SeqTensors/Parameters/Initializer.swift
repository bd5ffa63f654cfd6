/// How a parameter's values start.
public enum Initializer: Sendable, Hashable {
  /// The same number everywhere.
  case constant(Float)
  /// Normal with the standard deviation given.
  case normal(deviation: Float)
  /// Evenly spread over ± bound.
  case uniform(bound: Float)
  /// Evenly spread over ± gain · √(6 / (inputs + outputs)) (Glorot & Bengio 2010), for a matrix
  /// `[outputs, inputs]` made of `blocks` stacked matrices, each counted by itself.
  case xavierUniform(gain: Float = 1, blocks: Int = 1)

  func fill(
    _ pointer: UnsafeMutablePointer<Float>, shape: Shape, _ random: inout CountedRandom
  ) {
    switch self {
    case .constant(let value):
      for index in 0..<shape.count { pointer[index] = value }
    case .normal(let deviation):
      for index in 0..<shape.count { pointer[index] = deviation * Float(random.normal()) }
    case .uniform(let bound):
      for index in 0..<shape.count { pointer[index] = bound * Float(2 * random.uniform() - 1) }
    case .xavierUniform(let gain, let blocks):
      let bound = gain * (6 / Float(shape.rows / blocks + shape.columns)).squareRoot()
      for index in 0..<shape.count { pointer[index] = bound * Float(2 * random.uniform() - 1) }
    }
  }
}
