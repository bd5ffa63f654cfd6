internal import Foundation

/// Threads that live as long as the pool, each with a value of its own.
///
/// Every worker runs the same closure; work is told apart by the worker's index. The value (memory,
/// tape, caches) is made on its thread and touched by no other.
public final class WorkerPool<Local>: Sendable {
  /// How many threads there are.
  public let count: Int
  private let shared: Shared

  /// Starts the threads and returns when every one has made its value.
  ///
  /// - Parameters:
  ///   - count: How many threads, at least 1.
  ///   - makeLocal: Makes the value of the worker with the index given, on its thread.
  public init(count: Int, makeLocal: @escaping @Sendable (Int) -> Local) {
    require(count > 0, "worker pool: \(count) workers, fewer than 1")
    self.count = count
    let shared = Shared(count: count)
    self.shared = shared
    for index in 0..<count {
      let thread = Thread {
        shared.register()
        shared.serve(index, makeLocal(index))
      }
      thread.stackSize = 8 << 20
      thread.name = "worker \(index)"
      thread.start()
    }
    shared.waitUntilIdle()
  }

  deinit { shared.stop() }

  /// Runs `body` once on every worker and returns its results, by worker, when all have finished.
  ///
  /// Threads that call it at the same time wait for one another, in the order they came.
  ///
  /// - Parameter body: Given the worker's index, from 0, and its value.
  /// - Returns: What `body` returned on each worker, in the order of their indices.
  /// - Throws: The error of the lowest worker that threw; the others still finish.
  /// - Precondition: Not called from within `body`.
  @discardableResult
  public func run<Result: Sendable>(
    _ body: @Sendable (_ index: Int, _ local: Local) throws -> Result
  ) throws -> [Result] {
    try withoutActuallyEscaping(body) { body in
      let outcomes = Outcomes<Result>(count: count)
      shared.perform { index, local in
        outcomes.set(index, Swift.Result { try body(index, local) })
      }
      return try outcomes.all()
    }
  }

  /// The threads' common state.
  ///
  /// - Note: `@unchecked Sendable`: every property is guarded by the condition; a local value stays
  ///   on its thread.
  private final class Shared: @unchecked Sendable {
    private let count: Int
    private let condition = NSCondition()
    private var work: (@Sendable (Int, Local) -> Void)?
    private var round = 0
    private var pending: Int
    private var isStopping = false
    /// The threads that serve, to tell a call from within `run` from one by another thread.
    private var threads: Set<ObjectIdentifier> = []
    /// Callers are served by number: that of the next to come, and that of the one whose turn it is.
    private var nextCaller = 0
    private var turn = 0

    init(count: Int) {
      self.count = count
      pending = count
    }

    func waitUntilIdle() {
      condition.withLock { while pending > 0 { condition.wait() } }
    }

    /// Called by every worker before it serves.
    func register() {
      condition.withLock { _ = threads.insert(ObjectIdentifier(Thread.current)) }
    }

    func perform(_ body: @Sendable (Int, Local) -> Void) {
      withoutActuallyEscaping(body) { body in
        condition.withLock {
          require(
            !threads.contains(ObjectIdentifier(Thread.current)),
            "worker pool: run called from within run, which would wait for itself")
          let caller = nextCaller
          nextCaller += 1
          while turn != caller { condition.wait() }
          work = body
          pending = count
          round += 1
          condition.broadcast()
          while pending > 0 { condition.wait() }
          work = nil
          turn += 1
          condition.broadcast()
        }
      }
    }

    func stop() {
      condition.withLock {
        isStopping = true
        condition.broadcast()
      }
    }

    func serve(_ index: Int, _ local: Local) {
      var seen = 0
      condition.lock()
      finish()
      while true {
        while round == seen && !isStopping { condition.wait() }
        if isStopping { break }
        seen = round
        let body = work
        condition.unlock()
        body?(index, local)
        condition.lock()
        finish()
      }
      condition.unlock()
    }

    private func finish() {
      pending -= 1
      if pending == 0 { condition.broadcast() }
    }
  }

  /// One slot a worker for what it returned or threw.
  ///
  /// - Note: `@unchecked Sendable`: guarded by the lock.
  private final class Outcomes<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var slots: [Swift.Result<Value, any Error>?]

    init(count: Int) { slots = Array(repeating: nil, count: count) }

    func set(_ index: Int, _ outcome: Swift.Result<Value, any Error>) {
      lock.withLock { slots[index] = outcome }
    }

    func all() throws -> [Value] { try slots.compactMap { try $0?.get() } }
  }
}
