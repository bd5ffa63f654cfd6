/// Ends the process with a message on standard error unless the condition holds: how every rung
/// answers a mistake of its caller.
///
///     require(
///       columns == other.rows,
///       "matrix product: \(shape) × \(other.shape), inner sizes \(columns) and \(other.rows) differ")
///
/// The message names the operation, then the shapes, then what is wrong with them. Unlike that of
/// `precondition` it is printed in release builds too. It is made only when it is needed, so a
/// requirement that holds costs its condition. What comes from outside the program (files, text,
/// configurations) is answered by errors, not by this.
@inlinable
public func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}

/// Ends the process with a message on standard error: ``require(_:_:file:line:)`` where what was
/// required has already turned out not to hold.
@inlinable
public func requirementFailure(
  _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(message(), file: file, line: line)
}
