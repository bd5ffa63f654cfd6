/// The memory behind tensors; it goes back to its pool when nothing refers to it any more.
public final class Storage {
  /// The first float's address; 64-byte aligned where a pool gave it.
  public let pointer: UnsafeMutablePointer<Float>
  private let count: Int
  private let pool: MemoryPool?
  private let owner: AnyObject?

  init(count: Int, pool: MemoryPool) {
    (pointer, self.count) = pool.take(count)
    self.pool = pool
    owner = nil
  }

  /// Memory that something else owns, kept alive from here.
  init(_ pointer: UnsafeMutablePointer<Float>, ownedBy owner: AnyObject) {
    self.pointer = pointer
    self.owner = owner
    count = 0
    pool = nil
  }

  deinit { pool?.give(pointer, count: count) }
}
