/// What a layer put out, under a name.
public struct CapturedStates {
  /// That of the layer, as its parameters begin: `encoder.layers.0`.
  public let name: String
  /// A row for every token, `[tokens, size]`.
  public let states: Tensor
}

extension Context {
  /// Runs a computation and gives the states that its layers end with, in the order they were
  /// computed in.
  ///
  ///     let (_, layers) = context.capturingStates { model.states(of: batch, in: context) }
  ///
  /// Whose sequences a layer's states have says whether they are the source's or the target's.
  public func capturingStates<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, states: [CapturedStates]) {
    let outer = capturedStates
    capturedStates = []
    defer { capturedStates = outer }
    let result = try body()
    return (result, capturedStates ?? [])
  }

  /// Whether anybody asked for the states of layers: what is computed for them alone need not be
  /// otherwise.
  public var capturesStates: Bool { capturedStates != nil }
}

extension Tensor {
  /// Keeps these states as a layer's if anybody asked for them.
  public func captured(as name: @autoclosure () -> String) {
    guard context.capturesStates else { return }
    context.capturedStates?.append(CapturedStates(name: name(), states: self))
  }
}
