import Foundation
import SeqTraining
import Testing

/// Numbers that change over a run, at the ends and in between.
@Suite struct AnnealingTests {
  private func values(_ annealing: Annealing, _ steps: [Int], lastStep: Int? = nil) -> [Double] {
    steps.map { annealing.value(at: $0, lastStep: lastStep) }
  }

  @Test func constant() {
    #expect(values(.constant(0.3), [1, 1000]) == [0.3, 0.3])
  }

  @Test("100 → 90 → 50 → 0 %, by steps and by shares of the run")
  func stepwise() {
    let steps = Annealing(
      .stepwise,
      stages: [
        .init(fromStep: 0, value: 1), .init(fromStep: 10, value: 0.9),
        .init(fromStep: 20, value: 0.5), .init(fromStep: 30, value: 0),
      ])
    #expect(values(steps, [1, 10, 11, 20, 21, 31, 99]) == [1, 1, 0.9, 0.9, 0.5, 0, 0])
    let shares = Annealing(
      .stepwise,
      stages: [
        .init(fromShare: 0, value: 1), .init(fromShare: 0.25, value: 0.9),
        .init(fromShare: 0.5, value: 0.5), .init(fromShare: 0.75, value: 0),
      ])
    #expect(
      values(shares, [1, 10, 11, 20, 21, 31, 40], lastStep: 40) == [1, 1, 0.9, 0.9, 0.5, 0, 0])
    let late = Annealing(.stepwise, stages: [.init(fromStep: 5, value: 0.4)])
    #expect(values(late, [1, 6]) == [0.4, 0.4])
  }

  @Test("a line from the first step to the last, or to the run's")
  func linear() {
    let line = Annealing(.linear, start: 1, end: 0.2, firstStep: 10, lastStep: 21)
    #expect(values(line, [1, 11, 21, 500]) == [1, 1, 0.2, 0.2])
    #expect(abs(line.value(at: 16) - 0.6) < 1e-12)
    let whole = Annealing(.linear, start: 1, end: 0)
    #expect(values(whole, [1, 3, 5], lastStep: 5) == [1, 0.5, 0])
    #expect(values(whole, [1, 3]) == [1, 1])
  }

  @Test func exponential() {
    let decay = Annealing(.exponential, start: 2, end: 0.5, decay: 0.5)
    #expect(values(decay, [1, 2, 3, 4]) == [2, 1, 0.5, 0.5])
  }

  @Test("Bengio's inverse sigmoid: k / (k + e^(i/k))")
  func inverseSigmoid() {
    let annealing = Annealing(.inverseSigmoid, slowness: 100)
    for step in [1, 50, 461, 2000] {
      let expected = 100 / (100 + exp(Double(step - 1) / 100))
      #expect(abs(annealing.value(at: step) - expected) < 1e-12)
    }
    let raised = Annealing(.inverseSigmoid, start: 1, end: 0.25, firstStep: 5, slowness: 10)
    #expect(raised.value(at: 5) == 1)
    #expect(abs(raised.value(at: 1000) - 0.25) < 1e-9)
  }
}
