/// The numbers that a model's matrices are multiplied in, when it infers.
public enum Precision: String, Codable, Hashable, Sendable, CaseIterable {
  /// Four bytes a number, as trained.
  case float32
  /// Two bytes: float32 without its lower half. Sums stay float32.
  case bfloat16
  /// One byte: a whole number −127…127 and a scale for each row of a matrix. What it multiplies is
  /// rounded in the same way, a scale a row; sums are exact.
  case int8
}
