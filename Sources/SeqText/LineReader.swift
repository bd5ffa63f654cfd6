/// Reads text line by line: a file, a `.gz` file, or the standard input.
///
///     let reader = try LineReader(path: "train.en.gz")
///     while let line = try reader.next() { … }
///
/// A line ends at a line feed; a carriage return just before it is removed. The last line counts
/// without a line feed too. No other character ends a line. A byte order mark, with which some
/// editors begin a file, is no part of the first line. Memory is one buffer and one line.
public final class LineReader {
  /// The path as it was given, `-` for the standard input.
  public let path: String
  /// The number of the line read last, counted from 1; 0 before the first.
  public private(set) var lineNumber = 0

  private let stream: ByteStream
  private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
  private var position = 0
  private var filled = 0

  /// Opens a path; `-` is the standard input, a name ending in `.gz` is decompressed.
  ///
  /// - Throws: ``TextError`` when the file cannot be opened.
  public init(path: String) throws(TextError) {
    self.path = path
    stream = try ByteStream(path: path)
  }

  deinit { buffer.deallocate() }

  /// The next line without its end, nil after the last.
  ///
  /// The bytes are not checked.
  ///
  /// - Throws: ``TextError`` when reading fails or gzip data is damaged or cut short.
  public func next() throws(TextError) -> [UInt8]? {
    var line: [UInt8] = []
    var hasBytes = false
    while true {
      if position == filled {
        position = 0
        filled = try stream.read(into: buffer)
        if filled == 0 {
          return hasBytes ? finished(line) : nil
        }
      }
      hasBytes = true
      let end = endOfLine()
      line += UnsafeBufferPointer(rebasing: buffer[position..<(end ?? filled)])
      if let end {
        position = end + 1
        return finished(line)
      }
      position = filled
    }
  }

  /// Whether the next line is in memory already, so that ``next()`` does not wait for input.
  public var hasBufferedLine: Bool { endOfLine() != nil }

  private func endOfLine() -> Int? {
    buffer[position..<filled].firstIndex(of: 0x0A)
  }

  /// Counts a line and takes away what is not its text.
  private func finished(_ line: [UInt8]) -> [UInt8] {
    lineNumber += 1
    let hasMark = lineNumber == 1 && line.starts(with: [0xEF, 0xBB, 0xBF])
    let hasReturn = line.last == 0x0D
    guard hasMark || hasReturn else { return line }
    return Array(line.dropFirst(hasMark ? 3 : 0).dropLast(hasReturn ? 1 : 0))
  }
}
