internal import SeqLayers
internal import SeqModels

// The layers of a model, by the names of their parameters.
extension GraphBuilder {
  /// `x Wᵀ + b` with the parameters `weight` and `bias`, if there is one, of that name.
  func linear(_ x: GraphValue, _ name: String) -> GraphValue {
    let result = product(x, transposed("\(name).weight"))
    return has("\(name).bias") ? add(result, parameter("\(name).bias")) : result
  }

  /// Layer norm, or RMS norm.
  func norm(
    _ x: GraphValue, _ name: String, _ kind: LayerNorm.Kind, epsilon: Double
  ) -> GraphValue {
    let weight = parameter("\(name).weight")
    switch kind {
    case .layer:
      return apply(
        "LayerNormalization", [x, weight, parameter("\(name).bias")],
        [.int("axis", -1), .float("epsilon", Float(epsilon))])
    case .rms:
      let squares = apply(
        "ReduceMean", [multiply(x, x)], [.ints("axes", [-1]), .int("keepdims", 1)])
      let root = apply("Sqrt", [add(squares, constant(Float(epsilon)))])
      return multiply(divide(x, root), weight)
    }
  }

  /// The function of a feed-forward network; a gated one halves the columns.
  func activated(
    _ x: GraphValue, _ activation: TransformerConfiguration.Activation
  ) -> GraphValue {
    switch activation {
    case .relu: return apply("Relu", [x])
    case .gelu: return gelu(x)
    case .geluTanh: return geluTanh(x)
    case .swish: return multiply(x, sigmoid(x))
    case .geglu, .gegluTanh, .swiglu:
      let halves = split(x, into: 2)
      let gate =
        switch activation {
        case .geglu: gelu(halves[0])
        case .gegluTanh: geluTanh(halves[0])
        default: multiply(halves[0], sigmoid(halves[0]))
        }
      return multiply(gate, halves[1])
    }
  }

  /// `x Φ(x) = x · (1 + erf(x / √2)) / 2`; Gelu itself is an operator from opset 20 on.
  private func gelu(_ x: GraphValue) -> GraphValue {
    let error = apply("Erf", [multiply(x, Float(0.5).squareRoot())])
    return multiply(multiply(x, add(error, constant(Float(1)))), 0.5)
  }

  /// GELU by the hyperbolic tangent, `x · (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
  private func geluTanh(_ x: GraphValue) -> GraphValue {
    let cube = multiply(multiply(x, multiply(x, x)), 0.044715)
    let inner = multiply(add(x, cube), (2 / Float.pi).squareRoot())
    return multiply(multiply(x, add(tanh(inner), constant(Float(1)))), 0.5)
  }

  /// The logits of a decoder's last states.
  ///
  /// A projection that is also an embedding is turned here, so that the file holds it once.
  func logits(_ states: GraphValue, _ tying: EmbeddingTying) -> GraphValue {
    let weight =
      switch tying {
      case .all: transposed(parameter("embedding.weight"), [1, 0])
      case .target: transposed(parameter("target_embedding.weight"), [1, 0])
      case .embeddings, .none: transposed("output.weight")
      }
    let result = product(states, weight)
    return has("output.bias") ? add(result, parameter("output.bias")) : result
  }

  /// The table that embeds a side.
  func embeddings(_ side: GraphSide, _ tying: EmbeddingTying) -> GraphValue {
    parameter(tying.sharesEmbeddings ? "embedding.weight" : "\(side.rawValue)_embedding.weight")
  }

  /// The mean of the rows that are not padding, `[batch, size]`; zeros where all are.
  func mean(_ rows: GraphValue, hiding mask: GraphValue) -> GraphValue {
    let present = cast(apply("Not", [mask]), to: .float)
    func sum(_ x: GraphValue) -> GraphValue {
      apply("ReduceSum", [x, constants([1])], [.int("keepdims", 0)])
    }
    let kept = select(unsqueezed(mask, [2]), constant(Float(0)), rows)
    let count = apply("Max", [sum(present), constant(Float(1))])
    return divide(sum(kept), unsqueezed(count, [1]))
  }
}

/// One of the two texts of a pair.
enum GraphSide: String {
  case source, target
}
