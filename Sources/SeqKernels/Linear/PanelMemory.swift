/// Memory aligned for the widest registers, owned.
///
/// - Note: `@unchecked Sendable`: written by whoever makes it, before others see it.
final class PanelMemory<Element: BitwiseCopyable>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Element>

  /// Memory for so many elements, uninitialised.
  init(count: Int) {
    let size = MemoryLayout<Element>.stride
    pointer = UnsafeMutableRawPointer.allocate(byteCount: size * max(1, count), alignment: 64)
      .bindMemory(to: Element.self, capacity: max(1, count))
  }

  deinit { pointer.deallocate() }
}

extension PanelMemory<Float> {
  /// A copy that can be read for whole panels; nil of nil.
  convenience init?(_ values: UnsafePointer<Float>?, columns: Int) {
    guard let values else { return nil }
    let count = PanelMatrix.paddedColumns(columns)
    self.init(count: count)
    pointer.update(from: values, count: columns)
    (pointer + columns).update(repeating: 0, count: count - columns)
  }
}
