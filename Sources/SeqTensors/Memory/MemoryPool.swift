/// Buffers of floats, kept by size and handed out again.
///
/// Sizes are rounded up to an eighth of a power of two. A request takes a kept block of its own
/// size or up to half as large again before the system is asked: batches of slightly different
/// lengths reuse each other's memory and find it in the cache.
public final class MemoryPool {
  /// Free blocks by size class.
  private var free: [[UnsafeMutablePointer<Float>]] = []
  /// Bytes handed out at this moment.
  public private(set) var bytesInUse = 0
  /// Bytes obtained from the system, in use or kept.
  public private(set) var bytesHeld = 0
  /// How many times the system was asked.
  public private(set) var systemAllocationCount = 0

  /// A pool that holds nothing yet.
  public init() {}

  private static let smallest = 64
  private static let stepsPerOctave = 8
  /// Size classes above its own that a request may take a block from: half as large again.
  private static let classesAbove = 4

  /// The class of the smallest blocks that hold `count` floats.
  static func sizeClass(_ count: Int) -> Int {
    if count <= smallest { return 0 }
    // The octave 64·2ᵏ < count ≤ 64·2ᵏ⁺¹ is divided into eight equal steps.
    let octave = Int.bitWidth - 1 - ((count - 1) / smallest).leadingZeroBitCount
    let base = smallest << octave
    let step = base / stepsPerOctave
    return 1 + octave * stepsPerOctave + (count - base - 1) / step
  }

  /// Floats in the blocks of a class.
  static func blockCount(ofClass sizeClass: Int) -> Int {
    if sizeClass == 0 { return smallest }
    let (octave, position) = (sizeClass - 1).quotientAndRemainder(dividingBy: stepsPerOctave)
    let base = smallest << octave
    return base + (position + 1) * (base / stepsPerOctave)
  }

  func take(_ count: Int) -> (pointer: UnsafeMutablePointer<Float>, sizeClass: Int) {
    let own = Self.sizeClass(count)
    let last = own + Self.classesAbove
    makeRoom(forClass: last)
    for sizeClass in own...last {
      if let pointer = free[sizeClass].popLast() {
        bytesInUse += 4 * Self.blockCount(ofClass: sizeClass)
        return (pointer, sizeClass)
      }
    }
    let block = Self.blockCount(ofClass: own)
    systemAllocationCount += 1
    bytesHeld += 4 * block
    bytesInUse += 4 * block
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * block, alignment: 64)
    let pointer = memory.bindMemory(to: Float.self, capacity: block)
    pointer.initialize(repeating: 0, count: block)
    return (pointer, own)
  }

  func give(_ pointer: UnsafeMutablePointer<Float>, sizeClass: Int) {
    bytesInUse -= 4 * Self.blockCount(ofClass: sizeClass)
    makeRoom(forClass: sizeClass)
    free[sizeClass].append(pointer)
  }

  private func makeRoom(forClass sizeClass: Int) {
    while free.count <= sizeClass { free.append([]) }
  }

  /// Returns kept buffers to the system.
  public func trim() {
    for (sizeClass, pointers) in free.enumerated() {
      for pointer in pointers { pointer.deallocate() }
      bytesHeld -= 4 * Self.blockCount(ofClass: sizeClass) * pointers.count
    }
    free = []
  }

  deinit { trim() }
}
