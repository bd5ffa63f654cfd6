/// Buffers of floats, kept by size and handed out again.
///
/// Sizes are rounded up to an eighth of a power of two, so that batches of slightly different
/// lengths reuse each other's memory and find it in the cache.
public final class MemoryPool {
  private var free: [Int: [UnsafeMutablePointer<Float>]] = [:]
  /// Bytes handed out at this moment.
  public private(set) var bytesInUse = 0
  /// Bytes obtained from the system, in use or kept.
  public private(set) var bytesHeld = 0
  /// How many times the system was asked.
  public private(set) var systemAllocationCount = 0

  public init() {}

  /// Floats in the block that serves `count`.
  static func blockCount(_ count: Int) -> Int {
    if count <= 64 { return 64 }
    let step = max(16, 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount - 3))
    return (count + step - 1) / step * step
  }

  func take(_ count: Int) -> (pointer: UnsafeMutablePointer<Float>, blockCount: Int) {
    let block = Self.blockCount(count)
    bytesInUse += 4 * block
    if let pointer = free[block]?.popLast() { return (pointer, block) }
    systemAllocationCount += 1
    bytesHeld += 4 * block
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * block, alignment: 64)
    let pointer = memory.bindMemory(to: Float.self, capacity: block)
    pointer.initialize(repeating: 0, count: block)
    return (pointer, block)
  }

  func give(_ pointer: UnsafeMutablePointer<Float>, blockCount: Int) {
    bytesInUse -= 4 * blockCount
    free[blockCount, default: []].append(pointer)
  }

  /// Returns kept buffers to the system.
  public func trim() {
    for (block, pointers) in free {
      for pointer in pointers { pointer.deallocate() }
      bytesHeld -= 4 * block * pointers.count
    }
    free = [:]
  }

  deinit { trim() }
}
