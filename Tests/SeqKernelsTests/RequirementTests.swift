import SeqKernels
import Testing

/// Mistakes of a caller end the process with a message that says where and what.
@Suite struct RequirementTests {
  @Test func aRequirementThatHoldsMakesNoMessage() {
    var messageCount = 0
    func message() -> String {
      messageCount += 1
      return "never read"
    }
    require(messageCount == 0, message())
    require(1 + 1 == 2, message())
    #expect(messageCount == 0)
  }

  @Test func aRequirementThatFailsSaysWhereAndWhat() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (inner, other) = (512, 256)
      require(inner == other, "product: [32, \(inner)] × [\(other), 8], inner sizes differ")
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("product: [32, 512] × [256, 8], inner sizes differ"))
    // A module and a file, not a path of the machine it was built on.
    let place = "SeqKernelsTests/RequirementTests.swift:"
    #expect(said.split(separator: "\n").contains { $0.hasPrefix(place) })
  }

  @Test func aFailureSaysWhereAndWhat() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      requirementFailure("search: nothing to look for")
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("Fatal error: search: nothing to look for"))
  }

  @Test func aDropoutRateOutsideItsRange() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DropoutDraws(rate: 1, key: 0)
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("dropout: rate 1.0, outside 0 ..< 1"))
  }
}
