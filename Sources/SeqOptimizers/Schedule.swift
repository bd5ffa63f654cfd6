internal import Foundation

extension ScheduleConfiguration {
  /// The learning rate of a step, counted from 1.
  ///
  /// `lastStep` is where cosine and linear decay end when ``decaySteps`` is nil; without either they
  /// stay at the peak.
  public func rate(at step: Int, lastStep: Int? = nil) -> Double {
    if step < warmupSteps { return peakRate * Double(step) / Double(warmupSteps) }
    switch type {
    case .constant:
      return peakRate
    case .inverseSquareRoot:
      return peakRate * (Double(max(warmupSteps, 1)) / Double(step)).squareRoot()
    case .cosine:
      let falling = (1 + cos(.pi * progress(at: step, lastStep))) / 2
      return minimumRate + (peakRate - minimumRate) * falling
    case .linear:
      return minimumRate + (peakRate - minimumRate) * (1 - progress(at: step, lastStep))
    }
  }

  /// How much of the decay is over, 0–1.
  private func progress(at step: Int, _ lastStep: Int?) -> Double {
    guard let end = decaySteps ?? lastStep else { return 0 }
    guard end > warmupSteps else { return 1 }
    return min(1, Double(step - warmupSteps) / Double(end - warmupSteps))
  }
}
