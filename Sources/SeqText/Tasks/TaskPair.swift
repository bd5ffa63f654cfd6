/// What a task asks and the one right answer.
public struct TaskPair: Hashable, Sendable {
  /// What is read.
  public var source: String
  /// What is to be written.
  public var target: String

  /// A question and its answer, one line each.
  public init(source: String, target: String) {
    self.source = source
    self.target = target
  }
}
