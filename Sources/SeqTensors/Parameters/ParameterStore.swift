public import SeqKernels

/// Every parameter of a model, by name and in order: what is saved, optimised and counted.
///
/// - Note: `@unchecked Sendable`: parameters are added while the model is built, by one thread.
public final class ParameterStore: @unchecked Sendable {
  /// In the order in which they were asked for.
  public private(set) var parameters: [Parameter] = []
  private var byName: [String: Parameter] = [:]
  /// Floats of a flat copy of all values; each parameter starts at a multiple of 16.
  package private(set) var flatCount = 0
  private let seed: UInt64

  /// A store without parameters.
  ///
  /// - Parameter seed: What initial values are drawn from; each by the parameter's name, so that
  ///   the order of building does not matter.
  public init(seed: UInt64 = 1) { self.seed = seed }

  /// The outermost scope.
  public var root: ParameterScope { ParameterScope(store: self, path: "") }

  /// The parameter of a full name such as `encoder.layers.3.feed_forward.inner.weight`.
  public subscript(name: String) -> Parameter? { byName[name] }

  /// How many numbers are trained.
  public var valueCount: Int { parameters.reduce(0) { $0 + $1.shape.count } }

  /// To be called after values were written: packed forms are made anew.
  public func valuesDidChange() {
    for parameter in parameters { parameter.valuesDidChange() }
  }

  /// The fewest bits in which a matrix is kept: what the model was rounded to, if it was.
  public var storedPrecision: Precision {
    let all = Set(parameters.map(\.storedPrecision))
    return all.contains(.int8) ? .int8 : (all.contains(.bfloat16) ? .bfloat16 : .float32)
  }

  func add(_ name: String, _ shape: Shape, _ initializer: Initializer, keepsPrecision: Bool)
    -> Parameter
  {
    require(byName[name] == nil, "parameter '\(name)': \(shape), there is one of that name")
    let parameter = Parameter(
      name: name, shape: shape, offset: flatCount, index: parameters.count,
      keepsPrecision: keepsPrecision || shape.rank != 2
    ) { [seed] values in
      var random = CountedRandom(seed, CountedRandom.hash(name))
      initializer.fill(values, shape: shape, &random)
    }
    flatCount += (shape.count + 15) / 16 * 16
    parameters.append(parameter)
    byName[name] = parameter
    return parameter
  }
}

/// A place in the tree of names; layers ask it for their parameters.
///
///     let layer = scope["encoder"]["layers"][3]
///     weight = layer.parameter("weight", [output, input], .xavierUniform())
public struct ParameterScope {
  let store: ParameterStore
  let path: String

  /// The scope of that name within this one.
  public subscript(name: String) -> ParameterScope {
    ParameterScope(store: store, path: path.isEmpty ? name : path + "." + name)
  }

  /// The scope of that number within this one, for lists of layers.
  public subscript(index: Int) -> ParameterScope { self[String(index)] }

  /// A new parameter named after the scope.
  ///
  /// `keepsPrecision` says that it stays float32 when matrices are rounded; what is no matrix always
  /// does.
  ///
  /// - Precondition: The name is not taken.
  public func parameter(
    _ name: String, _ shape: Shape, _ initializer: Initializer, keepsPrecision: Bool = false
  ) -> Parameter {
    store.add(self[name].path, shape, initializer, keepsPrecision: keepsPrecision)
  }
}
