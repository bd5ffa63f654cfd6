/// A place where the gradient of embedded tokens can be read.
public struct EmbeddingProbe {
  /// Zeros that were added to what an embedding gave, `[tokens, size]`: the gradient that reaches
  /// them is that of the embedded tokens.
  public let leaf: Tensor

  /// The sequences that were embedded: those of sources or of targets.
  public var sequences: Sequences? { leaf.sequences }
}

extension Context {
  /// Runs a computation and gives a probe for every embedding in it.
  ///
  ///     let (states, probes) = context.probingEmbeddings { model.states(of: batch, in: context) }
  ///     let gradients = states.sum().backward(to: probes.map(\.leaf))
  ///
  /// Elsewhere an embedding does nothing for it.
  public func probingEmbeddings<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, probes: [EmbeddingProbe]) {
    let outer = embeddingProbes
    embeddingProbes = []
    defer { embeddingProbes = outer }
    let result = try body()
    return (result, embeddingProbes ?? [])
  }

  /// An embedding to which a probe is added.
  func probed(_ embedded: Tensor) -> Tensor {
    let leaf = variable(
      Array(repeating: 0, count: embedded.shape.count), shape: embedded.shape,
      sequences: embedded.sequences)
    embeddingProbes?.append(EmbeddingProbe(leaf: leaf))
    return embedded + leaf
  }
}
