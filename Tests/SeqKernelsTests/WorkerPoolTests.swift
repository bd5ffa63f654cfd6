import Foundation
import SeqKernels
import Testing

@Suite struct WorkerPoolTests {
  private struct Failure: Error, Equatable { let index: Int }

  /// A value that says when it is made and when it goes.
  private final class Witness {
    let index: Int
    let log: Log
    var sum = 0
    init(_ index: Int, _ log: Log) {
      (self.index, self.log) = (index, log)
      log.add(1)
    }
    deinit { log.add(-1) }
  }

  /// - Note: `@unchecked Sendable`: guarded by the lock.
  private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var number = 0
    func add(_ change: Int) { lock.withLock { number += change } }
    var value: Int { lock.withLock { number } }
  }

  @Test(arguments: [1, 2, 5])
  func resultsComeByWorker(_ count: Int) throws {
    let pool = WorkerPool(count: count) { $0 * 100 }
    #expect(pool.count == count)
    let results = try pool.run { index, local in index + local }
    #expect(results == (0..<count).map { $0 * 101 })
  }

  @Test func localsKeepTheirStateAndThread() throws {
    let log = Log()
    let pool = WorkerPool(count: 3) { Witness($0, log) }
    let first = try pool.run { _, _ in ObjectIdentifier(Thread.current) }
    for round in 0..<2000 {
      try pool.run { index, local in local.sum += index + round }
    }
    let sums = try pool.run { _, local in local.sum }
    #expect(sums == (0..<3).map { 2000 * $0 + 1999 * 1000 })
    let last = try pool.run { _, _ in ObjectIdentifier(Thread.current) }
    #expect(first == last)
    #expect(Set(first).count == 3)
  }

  @Test func theLowestErrorIsThrownAndTheOthersFinish() throws {
    let finished = Log()
    let pool = WorkerPool(count: 4) { _ in }
    #expect(throws: Failure(index: 1)) {
      try pool.run { index, _ in
        finished.add(1)
        if index == 1 || index == 3 { throw Failure(index: index) }
      }
    }
    #expect(finished.value == 4)
    // The pool works on.
    #expect(try pool.run { index, _ in index } == [0, 1, 2, 3])
  }

  /// Callers on several threads at once get their own results, one round after the other.
  @Test func callersFromSeveralThreadsTakeTurns() throws {
    let (callerCount, roundCount, workerCount) = (4, 300, 3)
    let log = Log()
    let pool = WorkerPool(count: workerCount) { Witness($0, log) }
    let (active, mixed, failed) = (Log(), Log(), Log())
    DispatchQueue.concurrentPerform(iterations: callerCount) { caller in
      for round in 0..<roundCount {
        let results = try? pool.run { index, local in
          active.add(1)
          local.sum += 1
          // More at a time than there are workers: two rounds would have run together.
          if active.value > workerCount { mixed.add(1) }
          active.add(-1)
          return [caller, round, index]
        }
        if results != (0..<workerCount).map({ [caller, round, $0] }) { failed.add(1) }
      }
    }
    #expect(failed.value == 0)
    #expect(mixed.value == 0)
    let sums = try pool.run { _, local in local.sum }
    #expect(sums == Array(repeating: callerCount * roundCount, count: workerCount))
  }

  @Test func runFromWithinRunEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let pool = WorkerPool(count: 2) { $0 }
      try pool.run { _, _ in try pool.run { _, _ in } }
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("worker pool: run called from within run, which would wait for itself"))
  }

  /// The workers of one pool may call another pool: it is not their own they would wait for.
  @Test func runOfAnotherPoolFromWithinRun() throws {
    let (outer, inner) = (WorkerPool(count: 3) { $0 }, WorkerPool(count: 2) { $0 })
    let results = try outer.run { index, _ in try inner.run { local, _ in 10 * index + local } }
    #expect(results == [[0, 1], [10, 11], [20, 21]])
  }

  @Test func threadsEndWithThePool() throws {
    let log = Log()
    do {
      let pool = WorkerPool(count: 3) { Witness($0, log) }
      #expect(log.value == 3)
      try pool.run { _, _ in }
    }
    let deadline = Date().addingTimeInterval(20)
    while log.value > 0 && Date() < deadline { Thread.sleep(forTimeInterval: 0.005) }
    #expect(log.value == 0)
  }

  @Test func manyPools() throws {
    for count in 1...20 {
      let pool = WorkerPool(count: count % 4 + 1) { $0 }
      #expect(
        try pool.run { index, local in index == local }
          == Array(repeating: true, count: count % 4 + 1))
    }
  }
}
