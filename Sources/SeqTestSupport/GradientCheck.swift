public import SeqTensors

/// Compares an operation's gradients with central differences along random directions.
///
///     GradientCheck("linear", inputs: [.rows(5, 7)], parameters: [[3, 7], [3]]) {
///       $0[0].linear(weight: $0.parameters[0], bias: $0.parameters[1])
///     }.problems()
///
/// The loss is a sum of the results with fixed random weights, taken in double precision. Every
/// input and parameter is moved by itself, along several directions; dropout draws stay fixed.
public struct GradientCheck: Sendable, CustomStringConvertible {
  /// What a computation under check sees.
  public struct Scene {
    /// The inputs as tensors of ``context``, in the order given.
    public let inputs: [Tensor]
    /// In the order given.
    public let parameters: [Parameter]
    /// What the tensors belong to.
    public let context: Context

    /// An input.
    public subscript(index: Int) -> Tensor { inputs[index] }
  }

  /// An input array: its shape and what it holds.
  public struct Input: Sendable {
    var shape: Shape
    var lengths: [Int]?
    var minimum: Float = 0
    var isConstant = false

    /// A matrix of normal numbers.
    public static func rows(_ rows: Int, _ columns: Int) -> Input {
      Input(shape: [rows, columns])
    }

    /// Sequences of the lengths given, end to end.
    ///
    /// Inputs of equal lengths share their sequences.
    public static func ragged(_ lengths: [Int], _ columns: Int) -> Input {
      Input(shape: [lengths.reduce(0, +), columns], lengths: lengths)
    }

    /// Of another shape.
    public static func shape(_ shape: Shape) -> Input { Input(shape: shape) }

    /// With no element nearer to 0 than `minimum`.
    public func awayFromZero(_ minimum: Float) -> Input {
      var input = self
      input.minimum = minimum
      return input
    }

    /// Without a gradient.
    public var constant: Input {
      var input = self
      input.isConstant = true
      return input
    }
  }

  /// A loss and its gradients with respect to every array, inputs first.
  private struct Evaluation {
    let loss: Double
    let gradients: [[Float]]
  }

  /// The name given.
  public let description: String
  private let inputs: [Input]
  /// Makes the parameters, and the layer they belong to if there is one.
  private let build: @Sendable (ParameterScope) -> any Sendable
  private let step: Double
  private let expectsZero: Bool
  private let evaluateLoss: @Sendable (Scene, any Sendable) -> (loss: Tensor, value: Double)

  /// How far the two sides may be apart, as a share of the larger.
  private static let tolerance = 1e-2
  private static let directionCount = 3

  /// A check of every element of one result.
  ///
  /// - Parameters:
  ///   - name: Names the check and seeds its numbers.
  ///   - inputs: The arrays that become tensors.
  ///   - parameters: Shapes; the values are normal, a little off centre.
  ///   - step: How far a unit of direction moves. Smaller for functions with kinks.
  ///   - expectsZero: Whether the gradients are zero, as they are where nothing can be attended to.
  ///   - compute: The operation under check.
  public init(
    _ name: String, inputs: [Input] = [], parameters: [Shape] = [], step: Double = 1e-2,
    expectsZero: Bool = false, _ compute: @escaping @Sendable (Scene) -> Tensor
  ) {
    self.init(
      name, inputs: inputs, parameters: parameters, step: step, expectsZero: expectsZero
    ) { [compute($0)] }
  }

  /// A check of several results.
  public init(
    _ name: String, inputs: [Input] = [], parameters: [Shape] = [], step: Double = 1e-2,
    expectsZero: Bool = false, _ compute: @escaping @Sendable (Scene) -> [Tensor]
  ) {
    self.init(
      name, inputs: inputs, parameters: parameters, step: step, expectsZero: expectsZero
    ) { scene in
      Self.weightedSum(of: compute(scene), name: name, context: scene.context)
    }
  }

  /// A check of something that is a loss already: its tensor, and its value in double precision.
  public init(
    _ name: String, inputs: [Input] = [], parameters: [Shape] = [], step: Double = 1e-2,
    expectsZero: Bool = false,
    _ compute: @escaping @Sendable (Scene) -> (loss: Tensor, value: Double)
  ) {
    description = name
    self.inputs = inputs
    build = { scope in
      for (index, shape) in parameters.enumerated() {
        _ = scope.parameter("p\(index)", shape, .constant(0))
      }
      return parameters
    }
    self.step = step
    self.expectsZero = expectsZero
    evaluateLoss = { scene, _ in compute(scene) }
  }

  /// A check of a layer that makes its own parameters: `compute` gets it with the scene.
  public init<Layer: Sendable>(
    _ name: String, inputs: [Input], step: Double = 1e-2,
    layer: @escaping @Sendable (ParameterScope) -> Layer,
    _ compute: @escaping @Sendable (Scene, Layer) -> [Tensor]
  ) {
    description = name
    self.inputs = inputs
    build = layer
    self.step = step
    expectsZero = false
    evaluateLoss = { scene, layer in
      let results = (layer as? Layer).map { compute(scene, $0) } ?? []
      return Self.weightedSum(of: results, name: name, context: scene.context)
    }
  }

  /// What is wrong, one line each; nothing when all gradients agree.
  public func problems() -> [String] {
    let store = ParameterStore()
    let layer = build(store.root)
    let parameters = store.parameters
    let context = Context(mode: .training, store: store)
    let arrays = startingValues(parameters)
    func evaluate(_ arrays: [[Float]]) -> Evaluation {
      self.evaluate(arrays, parameters, layer, context)
    }
    let here = evaluate(arrays)
    var problems: [String] = []
    if here.gradients.joined().contains(where: { !$0.isFinite }) {
      problems.append("a gradient is not finite")
    }
    for index in arrays.indices where !arrays[index].isEmpty {
      if index < inputs.count && inputs[index].isConstant { continue }
      let gradient = here.gradients[index].map { Double($0) }
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if (norm == 0) != expectsZero {
        problems.append("\(label(index)): the gradient's norm is \(norm)")
      }
      for number in 0..<Self.directionCount {
        var seeded = SeededValues("direction of " + description, 100 * index + number)
        let direction = seeded.normal(arrays[index].count)
        var (ahead, behind) = (arrays, arrays)
        for element in direction.indices {
          ahead[index][element] += Float(step) * direction[element]
          behind[index][element] -= Float(step) * direction[element]
        }
        let numeric = evaluate(ahead).loss - evaluate(behind).loss
        // The change that the gradient promises for the step as rounded.
        let analytic = gradient.indices.reduce(0) {
          $0 + gradient[$1] * (Double(ahead[index][$1]) - Double(behind[index][$1]))
        }
        let bound = Self.tolerance * max(abs(numeric), abs(analytic), 0.4 * step * norm)
        if !(abs(numeric - analytic) <= bound) && !(expectsZero && numeric == 0) {
          problems.append(
            "\(label(index)), direction \(number): differences \(numeric), gradient \(analytic)")
        }
      }
    }
    return problems
  }

  private func label(_ index: Int) -> String {
    index < inputs.count ? "input \(index)" : "parameter \(index - inputs.count)"
  }

  private func startingValues(_ parameters: [Parameter]) -> [[Float]] {
    let shapes = inputs.map { $0.shape } + parameters.map { $0.shape }
    return shapes.enumerated().map { index, shape in
      var seeded = SeededValues(description, index)
      guard index < inputs.count else {
        return seeded.normal(shape.count).map { 0.1 + 0.7 * $0 }
      }
      return seeded.awayFromZero(shape.count, minimum: inputs[index].minimum)
    }
  }

  private func evaluate(
    _ arrays: [[Float]], _ parameters: [Parameter], _ layer: any Sendable, _ context: Context
  ) -> Evaluation {
    context.gradients.clear()
    context.seedDropout(7)
    for (parameter, values) in zip(parameters, arrays.dropFirst(inputs.count)) {
      parameter.assign(values)
    }
    var shared: [[Int]: Sequences] = [:]
    let tensors = zip(inputs, arrays).map { input, values in
      let sequences = input.lengths.map { shared[$0] ?? Sequences(lengths: $0) }
      if let lengths = input.lengths { shared[lengths] = sequences }
      return input.isConstant
        ? context.tensor(values, shape: input.shape, sequences: sequences)
        : context.variable(values, shape: input.shape, sequences: sequences)
    }
    let scene = Scene(inputs: tensors, parameters: parameters, context: context)
    let (loss, value) = evaluateLoss(scene, layer)
    let variables = zip(inputs, tensors).filter { !$0.0.isConstant }.map { $0.1 }
    var found = loss.backward(to: variables).makeIterator()
    let inputGradients = inputs.map { $0.isConstant ? [] : found.next() ?? [] }
    return Evaluation(
      loss: value, gradients: inputGradients + parameters.map { context.gradients[$0] })
  }

  /// `Σ weight · result` as a tensor and in double precision.
  private static func weightedSum(of results: [Tensor], name: String, context: Context) -> (
    loss: Tensor, value: Double
  ) {
    var loss = context.variable([0], shape: .scalar)
    var value = 0.0
    for (index, result) in results.enumerated() {
      var seeded = SeededValues("weights of " + name, index)
      let weights = seeded.normal(result.shape.count)
      loss = loss + (result * context.tensor(weights, shape: result.shape)).sum()
      value += zip(result.values, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return (loss, value)
  }
}
