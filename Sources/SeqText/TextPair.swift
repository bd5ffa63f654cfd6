/// A sentence and what it is to become, as UTF-8 bytes.
public struct TextPair: Hashable, Sendable {
  /// Counted from 1 in the file the pair came from.
  public var line: Int
  /// What is read.
  public var source: [UInt8]
  /// What is to be written.
  public var target: [UInt8]

  /// A pair as read from a line.
  public init(line: Int, source: [UInt8], target: [UInt8]) {
    self.line = line
    self.source = source
    self.target = target
  }
}
