public import SeqDecoding
public import SeqTensors

/// What can be searched for targets: a model, or several as one.
public protocol SearchableModel: Sendable {
  /// What a search sees, bound to the memory of one thread.
  associatedtype Steps: StepModel

  /// The longest source and target, in tokens BOS or EOS included; nil without limit.
  var lengthLimit: Int? { get }

  /// The steps of one search, computed in a context.
  ///
  /// - Precondition: The context is in inference mode.
  func steps(in context: Context) -> Steps
}
