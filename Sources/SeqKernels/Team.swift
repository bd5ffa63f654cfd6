internal import CSeqKernels
internal import Foundation
internal import Synchronization

/// Threads that compute one thing together, part by part: the columns of a product, the rows of an
/// attention.
///
/// One thread leads: it calls ``run(parts:_:)``. The others ``serve()`` until it is done with them.
/// Handing over takes about a microsecond, since those who wait do not sleep at once.
///
/// - Note: `@unchecked Sendable`: `body` is written by the leader while no part of it can be taken, and
///   read by those who have taken one.
public final class Team: @unchecked Sendable {
  /// How many threads there are, the leader among them.
  public let count: Int
  /// The number of the task in the upper half, its parts that nobody has taken in the lower.
  private let open = Atomic<UInt64>(0)
  private let finishedParts = Atomic<Int>(0)
  private let isDismissed = Atomic<Bool>(false)
  private let sleeperCount = Atomic<Int>(0)
  private let wakeUp = NSCondition()
  private var body: (Int) -> Void = { _ in }

  /// A thread by itself, which computes all parts.
  public static let alone = Team(count: 1)
  /// Looks at a task that has not come before a waiting thread sleeps: some tens of microseconds.
  private static let patience = 4000

  /// A team of so many threads, which have to come: all but the leader call ``serve()``.
  public init(count: Int) { self.count = count }

  /// Computes every part, on whatever threads are there, and returns when all are done.
  ///
  /// - Parameters:
  ///   - parts: How many; fewer than 65,536.
  ///   - body: Given the number of the part; called from several threads at once.
  /// - Precondition: Called by the leader, not from within `body`.
  public func run(parts: Int, _ body: (_ part: Int) -> Void) {
    guard count > 1 && parts > 1 else {
      for part in 0..<parts { body(part) }
      return
    }
    withoutActuallyEscaping(body) { body in
      self.body = body
      finishedParts.store(0, ordering: .relaxed)
      let task = (open.load(ordering: .relaxed) >> 32) + 1
      open.store(task << 32 | UInt64(parts), ordering: .sequentiallyConsistent)
      if sleeperCount.load(ordering: .sequentiallyConsistent) > 0 {
        wakeUp.lock()
        wakeUp.broadcast()
        wakeUp.unlock()
      }
      work(on: task)
      while finishedParts.load(ordering: .acquiring) < parts { seq_pause() }
      self.body = { _ in }
    }
  }

  /// Calls `body` once for every thread there should be and returns what it gives, in order.
  public func map<Result>(_ body: (_ thread: Int, _ threadCount: Int) -> Result) -> [Result] {
    let results = UnsafeMutablePointer<Result>.allocate(capacity: count)
    defer {
      results.deinitialize(count: count)
      results.deallocate()
    }
    run(parts: count) { (results + $0).initialize(to: body($0, count)) }
    return Array(UnsafeBufferPointer(start: results, count: count))
  }

  /// Computes parts of whatever the leader runs, until ``dismiss()``.
  public func serve() {
    var task: UInt64 = 0
    while true {
      guard let next = nextTask(after: task) else { return }
      task = next
      work(on: task)
    }
  }

  /// Lets the threads that serve return.
  public func dismiss() {
    isDismissed.store(true, ordering: .sequentiallyConsistent)
    wakeUp.lock()
    wakeUp.broadcast()
    wakeUp.unlock()
  }

  private func work(on task: UInt64) {
    while true {
      let seen = open.load(ordering: .acquiring)
      let left = seen & 0xFFFF_FFFF
      guard seen >> 32 == task, left > 0 else { return }
      guard
        open.compareExchange(
          expected: seen, desired: seen - 1, ordering: .acquiringAndReleasing
        ).exchanged
      else { continue }
      // The task cannot end before this part has.
      body(Int(left) - 1)
      finishedParts.add(1, ordering: .releasing)
    }
  }

  /// Waits for a task other than the one given; nil after the dismissal.
  private func nextTask(after task: UInt64) -> UInt64? {
    func news() -> UInt64? {
      let next = open.load(ordering: .sequentiallyConsistent) >> 32
      return next != task ? next : nil
    }
    for _ in 0..<Self.patience {
      if isDismissed.load(ordering: .acquiring) { return nil }
      if let next = news() { return next }
      seq_pause()
    }
    wakeUp.lock()
    defer { wakeUp.unlock() }
    sleeperCount.add(1, ordering: .sequentiallyConsistent)
    defer { sleeperCount.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      if isDismissed.load(ordering: .sequentiallyConsistent) { return nil }
      if let next = news() { return next }
      wakeUp.wait()
    }
  }
}
