#if canImport(Glibc)
  internal import Glibc
#endif

/// Memory aligned for the widest registers, owned.
///
/// - Note: `@unchecked Sendable`: written by whoever makes it, before others see it.
final class PanelMemory<Element: BitwiseCopyable>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Element>
  private static var hugePage: Int { 1 << 21 }

  /// Memory for so many elements, uninitialised.
  init(count: Int) {
    let size = MemoryLayout<Element>.stride * max(1, count)
    let isLarge = size >= Self.hugePage
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: isLarge ? Self.hugePage : 64)
    #if canImport(Glibc)
      // Fewer page faults and misses of the translation buffer; only advice.
      if isLarge { madvise(memory, size, MADV_HUGEPAGE) }
    #endif
    pointer = memory.bindMemory(to: Element.self, capacity: max(1, count))
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
