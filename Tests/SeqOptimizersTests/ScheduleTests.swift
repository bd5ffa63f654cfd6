import SeqOptimizers
import Testing

@Suite struct ScheduleTests {
  @Test func agreesWithTorch() throws {
    let cases = try ScheduleFixture.recorded.get()
    #expect(Set(cases.map(\.schedule.type)).count == 4)
    for recorded in cases {
      #expect(recorded.steps.count == 60)
      for (step, rate) in zip(recorded.steps, recorded.rates) {
        // Relative to the peak: a cosine comes down to exactly 0.
        #expect(
          abs(recorded.schedule.rate(at: step) - rate) <= 1e-12 * recorded.schedule.peakRate,
          "\(recorded.schedule), step \(step)")
      }
    }
  }

  @Test(arguments: [ScheduleConfiguration.Kind.cosine, .linear])
  func decayEndsWithTheRunUnlessToldWhere(type: ScheduleConfiguration.Kind) {
    var schedule = ScheduleConfiguration(
      type: type, peakRate: 1, warmupSteps: 10, minimumRate: 0.1)
    #expect(schedule.rate(at: 500) == 1)
    #expect(abs(schedule.rate(at: 55, lastStep: 100) - 0.55) < 1e-12)
    #expect(abs(schedule.rate(at: 100, lastStep: 100) - 0.1) < 1e-12)
    schedule.decaySteps = 50
    #expect(abs(schedule.rate(at: 30, lastStep: 100) - 0.55) < 1e-12)
    #expect(abs(schedule.rate(at: 70, lastStep: 100) - 0.1) < 1e-12)
  }

  @Test func withoutWarmupTheFirstStepIsAtThePeak() {
    for type in ScheduleConfiguration.Kind.allCases {
      let schedule = ScheduleConfiguration(type: type, peakRate: 0.5, warmupSteps: 0)
      #expect(schedule.rate(at: 1) == 0.5, "\(type)")
    }
  }

  @Test func aDecayWithinTheWarmupIsOverAtItsEnd() {
    let schedule = ScheduleConfiguration(
      type: .linear, peakRate: 1, warmupSteps: 10, decaySteps: 5, minimumRate: 0.25)
    #expect(schedule.rate(at: 9) == 0.9)
    #expect(schedule.rate(at: 10) == 0.25)
  }
}
