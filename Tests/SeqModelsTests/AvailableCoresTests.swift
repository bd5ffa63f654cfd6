import Foundation
import SeqModels
import Testing

@Suite struct AvailableCoresTests {
  @Test("a control group's limit is whole cores, at least one")
  func limits() {
    #expect(AvailableCores.cores(of: "200000 100000\n") == 2)
    #expect(AvailableCores.cores(of: "350000 100000") == 3)
    #expect(AvailableCores.cores(of: "50000 100000") == 1)
    #expect(AvailableCores.cores(of: "max 100000") == nil)
    #expect(AvailableCores.cores(of: "100000 0") == nil)
    #expect(AvailableCores.cores(of: "") == nil)
  }

  @Test("there is one, and there are no more than the machine has")
  func range() {
    #expect((1...ProcessInfo.processInfo.processorCount).contains(AvailableCores.now()))
  }

  @Test("a mask of cores has a bit for each")
  func masks() {
    #expect(AvailableCores.cores(inMask: "\t3") == 2)
    #expect(AvailableCores.cores(inMask: "\t00ff,80000001") == 10)
    #expect(AvailableCores.cores(inMask: "\t0") == nil)
  }
}
