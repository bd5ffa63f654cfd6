internal import SeqKernels

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Buffers of floats cut from large slabs, joined again when they come back.
///
/// A request takes the first free range that holds it, lowest address first, so that memory in use
/// stays together: batches of different lengths need no more than the largest of them, and what was
/// given back last is usually taken next, still in the cache. Slabs are mapped whole and touched
/// only as far as they are used.
public final class MemoryPool {
  /// Free memory between two buffers in use.
  private struct Gap {
    var start: UnsafeMutablePointer<Float>
    var count: Int

    var end: UnsafeMutablePointer<Float> { start + count }
  }

  private struct Slab {
    let start: UnsafeMutablePointer<Float>
    let count: Int
  }

  /// Gaps by address.
  ///
  /// Slabs have a margin at their end, so that gaps of two never join.
  private var gaps: [Gap] = []
  private var slabs: [Slab] = []
  /// Bytes handed out at this moment.
  public private(set) var bytesInUse = 0
  /// The most bytes ever handed out at one moment.
  public private(set) var peakBytesInUse = 0
  /// Bytes ever handed out: how much was computed, counted without a clock.
  public private(set) var bytesTaken = 0
  /// Bytes mapped, in use or not.
  public private(set) var bytesHeld = 0
  /// How many times the system was asked.
  public private(set) var systemAllocationCount = 0

  /// Buffers begin at multiples of 64 bytes.
  private static let granule = 16
  /// Floats of the first slab: 256 MB, of which only what is used is ever touched.
  ///
  /// Each further one doubles what there is.
  private static let smallestSlabCount = 1 << 26
  /// The size of a huge page, to which slabs are aligned.
  private static let slabAlignment = 1 << 21

  /// A pool that holds nothing yet.
  public init() {}

  /// Takes a buffer of at least `count` floats, of unknown content.
  ///
  /// - Returns: Its address and its true size, which ``give(_:count:)`` wants back.
  func take(_ count: Int) -> (pointer: UnsafeMutablePointer<Float>, count: Int) {
    let needed = (max(count, 1) + Self.granule - 1) / Self.granule * Self.granule
    var index = gaps.firstIndex { $0.count >= needed }
    if index == nil {
      addSlab(atLeast: needed)
      index = gaps.firstIndex { $0.count >= needed }
    }
    guard let index else { requirementFailure("memory pool: no room in a new slab") }
    let pointer = gaps[index].start
    if gaps[index].count == needed {
      gaps.remove(at: index)
    } else {
      gaps[index].start += needed
      gaps[index].count -= needed
    }
    bytesInUse += 4 * needed
    bytesTaken += 4 * needed
    peakBytesInUse = max(peakBytesInUse, bytesInUse)
    return (pointer, needed)
  }

  func give(_ pointer: UnsafeMutablePointer<Float>, count: Int) {
    bytesInUse -= 4 * count
    insert(Gap(start: pointer, count: count))
  }

  /// Returns the slabs that hold nothing to the system.
  public func trim() {
    slabs.removeAll { slab in
      let room = slab.count - Self.granule
      guard let index = gaps.firstIndex(where: { $0.start == slab.start && $0.count == room })
      else { return false }
      gaps.remove(at: index)
      slab.start.deallocate()
      bytesHeld -= 4 * slab.count
      return true
    }
  }

  deinit { trim() }

  private func addSlab(atLeast needed: Int) {
    let count = max(needed + Self.granule, Self.smallestSlabCount, bytesHeld / 4)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: 4 * count, alignment: Self.slabAlignment)
    #if canImport(Glibc)
      // Fewer page faults and misses of the translation buffer; only advice.
      madvise(memory, 4 * count, MADV_HUGEPAGE)
    #endif
    let start = memory.bindMemory(to: Float.self, capacity: count)
    slabs.append(Slab(start: start, count: count))
    insert(Gap(start: start, count: count - Self.granule))
    bytesHeld += 4 * count
    systemAllocationCount += 1
  }

  /// Adds a gap in its place and joins it with its neighbours.
  private func insert(_ gap: Gap) {
    var low = 0
    var high = gaps.count
    while low < high {
      let middle = (low + high) / 2
      if gaps[middle].start < gap.start { low = middle + 1 } else { high = middle }
    }
    let joinsNext = low < gaps.count && gap.end == gaps[low].start
    let joinsPrevious = low > 0 && gaps[low - 1].end == gap.start
    switch (joinsPrevious, joinsNext) {
    case (true, true):
      gaps[low - 1].count += gap.count + gaps[low].count
      gaps.remove(at: low)
    case (true, false):
      gaps[low - 1].count += gap.count
    case (false, true):
      gaps[low].start = gap.start
      gaps[low].count += gap.count
    case (false, false):
      gaps.insert(gap, at: low)
    }
  }
}
