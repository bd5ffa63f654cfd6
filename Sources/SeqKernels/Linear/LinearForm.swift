/// A linear map in the form that one way of computing it wants.
protocol LinearForm: Sendable {
  /// Floats of scratch memory that a product over so many rows needs.
  func scratchCount(rows: Int) -> Int

  /// Whether ``apply(_:rows:columns:into:stride:scratch:)`` can compute some of the columns alone.
  var canSplitColumns: Bool { get }

  /// Writes to `scratch` what the columns share; once a product.
  func prepare(_ x: UnsafePointer<Float>, rows: Int, scratch: UnsafeMutablePointer<Float>)

  /// Computes some columns of the result, from the first of which `y` begins.
  ///
  /// `columns` begin at a multiple of ``PanelMatrix/width``; `stride` is floats between rows of `y`.
  func apply(
    _ x: UnsafePointer<Float>, rows: Int, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
    stride: Int, scratch: UnsafeMutablePointer<Float>)
}

extension LinearForm {
  func scratchCount(rows: Int) -> Int { 0 }
  var canSplitColumns: Bool { true }
  func prepare(_ x: UnsafePointer<Float>, rows: Int, scratch: UnsafeMutablePointer<Float>) {}
}

/// Told which rows of a weight have been read for the last time while it is packed, so that whoever
/// holds them can let them go; by several threads where a team packs.
public typealias RowsWereRead = (_ rows: Range<Int>) -> Void

/// Who packs a weight, and who hears what was read of it.
struct Packing {
  /// Divides the rows among its threads; nil for this thread alone.
  let team: Team?
  let wereRead: RowsWereRead

  /// Calls `body` for rows some dozens of panels at a time, a range of the memory for each thread, and says
  /// when they were read.
  func forEachStretch(ofRows count: Int, _ body: (_ rows: Range<Int>) -> Void) {
    (team ?? .alone).divide(columns: count) { part in
      for first in stride(from: part.lowerBound, to: part.upperBound, by: 1024) {
        let rows = first..<min(first + 1024, part.upperBound)
        body(rows)
        wereRead(rows)
      }
    }
  }
}

extension Team {
  /// Calls `body` for the columns of a product, or the rows that are packed into them, a range of whole
  /// panels for each thread.
  func divide(columns count: Int, _ body: (_ columns: Range<Int>) -> Void) {
    let panels = PanelMatrix.paddedColumns(count) / PanelMatrix.width
    let parts = min(self.count, panels)
    run(parts: parts) { part in
      let first = PanelMatrix.width * (panels * part / parts)
      body(first..<min(count, PanelMatrix.width * (panels * (part + 1) / parts)))
    }
  }
}

/// What a linear map adds to its sums and does with them.
struct LinearEnding {
  /// `[outputSize]`; nil adds nothing.
  let bias: UnsafePointer<Float>?
  /// Whether negative results become 0.
  let relu: Bool
}
