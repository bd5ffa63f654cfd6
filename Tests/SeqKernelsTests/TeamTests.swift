import Foundation
import SeqKernels
import Synchronization
import Testing

@Suite struct TeamTests {
  /// Runs `lead` on one thread of so many, the others serving it.
  private func leading<Result: Sendable>(
    _ count: Int, _ lead: @Sendable (Team) throws -> Result
  ) throws -> Result {
    let team = Team(count: count)
    let pool = WorkerPool(count: count) { _ in }
    return try pool.run { worker, _ -> Result? in
      guard worker == 0 else {
        team.serve()
        return nil
      }
      defer { team.dismiss() }
      return try lead(team)
    }.compactMap { $0 }[0]
  }

  @Test(arguments: [1, 2, 3, 5])
  func everyPartIsComputedOnce(count: Int) throws {
    try leading(count) { team in
      // Far more tasks than a race needs to show itself.
      for task in 0..<3000 {
        let parts = task % 7
        let hits = Mutex([Int](repeating: 0, count: parts))
        team.run(parts: parts) { part in hits.withLock { $0[part] += 1 } }
        let found = hits.withLock { $0 }
        require(found == Array(repeating: 1, count: parts), "task \(task): \(found)")
      }
    }
  }

  @Test func whatPartsWroteIsThereWhenAllAreDone() throws {
    try leading(3) { team in
      for round in 0..<500 {
        let values = UnsafeMutablePointer<Int>.allocate(capacity: 64)
        defer { values.deallocate() }
        team.run(parts: 64) { values[$0] = $0 * round }
        require((0..<64).allSatisfy { values[$0] == $0 * round }, "round \(round)")
      }
    }
  }

  /// Those who have waited long sleep, and wake.
  @Test func threadsThatSleepWake() throws {
    let helpers = try leading(3) { team in
      var helpers: Set<Int> = []
      for _ in 0..<40 where helpers.count < 3 {
        usleep(3000)
        let here = Mutex<Set<Int>>([])
        team.run(parts: 12) { _ in
          usleep(1000)
          here.withLock { _ = $0.insert(Int(bitPattern: pthread_self())) }
        }
        helpers.formUnion(here.withLock { $0 })
      }
      return helpers.count
    }
    #expect(helpers == 3)
  }

  /// The leader does what nobody else comes for.
  @Test func aTeamThatDoesNotComeIsNotMissed() {
    let team = Team(count: 4)
    let sum = Mutex(0)
    team.run(parts: 10) { part in sum.withLock { $0 += part } }
    #expect(sum.withLock { $0 } == 45)
    #expect(team.map { thread, count in thread * count } == [0, 4, 8, 12])
    #expect(Team.alone.map { thread, count in [thread, count] } == [[0, 1]])
    team.dismiss()
    team.serve()
  }

  /// Products that are divided have the bits of those that are not.
  @Test(arguments: PackedLinearTests.Way.allCases, [(5, 3), (64, 33), (1100, 40)])
  func divisionChangesNoBits(
    _ way: PackedLinearTests.Way, _ sizes: (output: Int, input: Int)
  ) throws {
    var values = TestValues(seed: 8)
    let weight = values.normal(sizes.output * sizes.input)
    let bias = values.normal(sizes.output)
    let linear = way.linear(weight, bias: bias, output: sizes.output, input: sizes.input)
    let rows = 7
    let x = values.normal(16 * sizes.input)
    @Sendable func results(_ team: Team?) -> [[Float]] {
      var y = [Float](repeating: 0, count: 16 * sizes.output)
      var scratch = [Float](
        repeating: 0,
        count: max(
          linear.scratchCount(rows: rows), linear.rankingScratchCount(rows: rows, team: team)))
      linear(x, into: &y, rows: rows, scratch: &scratch, team: team)
      var tokens = [Int32](repeating: 0, count: rows * 3)
      var scores = [Float](repeating: 0, count: rows * 3)
      linear.best(
        x, rows: rows, count: 3, tokens: &tokens, logProbabilities: &scores, scratch: &scratch,
        team: team)
      return [Array(y.prefix(rows * sizes.output)), tokens.map { Float($0) }, scores]
    }
    #expect(try leading(3) { results($0) } == results(nil))
  }

  /// A weight that a team packs, part by part, computes what one packed alone does, and every row was read
  /// once.
  @Test(arguments: PackedLinearTests.Way.allCases, [(5, 3), (50, 33), (3100, 24)])
  func packingTogetherChangesNoBits(
    _ way: PackedLinearTests.Way, _ sizes: (output: Int, input: Int)
  ) throws {
    var values = TestValues(seed: 9)
    let weight = values.normal(sizes.output * sizes.input)
    let bias = values.normal(sizes.output)
    let x = values.normal(16 * sizes.input)
    let reads = Mutex<[Range<Int>]>([])
    @Sendable func results(_ team: Team?) -> [UInt32] {
      let linear = way.linear(
        weight, bias: bias, output: sizes.output, input: sizes.input, team: team,
        wereRead: { rows in reads.withLock { $0.append(rows) } })
      var y = [Float](repeating: 0, count: 16 * sizes.output)
      var scratch = [Float](repeating: 0, count: linear.scratchCount(rows: 6))
      linear(x, into: &y, rows: 6, scratch: &scratch)
      return y.prefix(6 * sizes.output).map(\.bitPattern)
    }
    let together = try leading(3) { results($0) }
    let parts = reads.withLock { $0 }
    #expect(together == results(nil))
    // The library copies a weight whole and tells nobody.
    guard way != .vendor else { return }
    #expect(parts.flatMap { $0 }.sorted() == Array(0..<sizes.output))
    let partsAlone = reads.withLock { $0.count } - parts.count
    #expect(parts.count > partsAlone || sizes.output <= 16)
  }
}
