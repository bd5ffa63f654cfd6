internal import CHeapCounter

/// What a thread takes from the heap: Swift's objects and arrays, and what C asks `malloc` for.
///
/// Unlike time, their number does not depend on the machine or on what else it does.
public enum HeapAllocations {
  /// Whether they are counted here: with glibc, outside sanitizers.
  public static var areCounted: Bool { count >= 0 }

  /// How often the calling thread has asked so far.
  public static var count: Int { seq_heap_allocation_count() }
}
