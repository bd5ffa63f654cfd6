internal import Foundation

/// A number that changes over the steps of a run: a ratio of gold tokens, a temperature.
public struct Annealing: Codable, Hashable, Sendable {
  /// The shapes there are; i counts steps from ``Annealing/firstStep``.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// ``Annealing/start`` throughout.
    case constant
    /// The value of the last of ``Annealing/stages`` that has begun.
    case stepwise
    /// A straight line from ``Annealing/start`` to ``Annealing/end``.
    case linear
    /// `start · decayⁱ`, not below ``Annealing/end``.
    case exponential
    /// `end + (start − end) · k / (k + e^(i/k))` with ``Annealing/slowness`` k.
    case inverseSigmoid = "inverse_sigmoid"
  }

  /// A value from some step on.
  public struct Stage: Codable, Hashable, Sendable {
    /// The first step with it, counted from 0.
    public var fromStep: Int?
    /// Instead of a step, the share of the run after which it begins, 0–1.
    public var fromShare: Double?
    /// The value.
    public var value: Double

    /// A stage that begins at a step.
    public init(fromStep: Int, value: Double) {
      self.fromStep = fromStep
      self.value = value
    }

    /// A stage that begins after a share of the run.
    public init(fromShare: Double, value: Double) {
      self.fromShare = fromShare
      self.value = value
    }

    /// Whether it has begun with this step.
    func hasBegun(_ moment: TrainingMoment) -> Bool {
      if let fromStep { return moment.step > fromStep }
      guard let lastStep = moment.lastStep else { return fromShare == 0 }
      return Double(moment.step - 1) >= (fromShare ?? 0) * Double(lastStep)
    }
  }

  /// Which shape.
  public var type: Kind
  /// The value at the beginning; of a constant the only one.
  public var start: Double
  /// The value that linear, exponential and inverse-sigmoid shapes come to.
  public var end: Double
  /// Steps before it leaves ``start``.
  public var firstStep: Int
  /// The step at which a line reaches ``end``; nil means the run's last.
  public var lastStep: Int?
  /// What is left after each step of an exponential decay, above 0 and up to 1.
  public var decay: Double
  /// The k of the inverse sigmoid, at least 1: about the steps until it falls.
  public var slowness: Double
  /// The values of ``Kind/stepwise``, in the order in which they begin; before the first has begun its
  /// value holds all the same.
  public var stages: [Stage]

  /// Everything has a default but the shape.
  public init(
    _ type: Kind, start: Double = 1, end: Double = 0, firstStep: Int = 0, lastStep: Int? = nil,
    decay: Double = 0.9999, slowness: Double = 1000, stages: [Stage] = []
  ) {
    self.type = type
    self.start = start
    self.end = end
    self.firstStep = firstStep
    self.lastStep = lastStep
    self.decay = decay
    self.slowness = slowness
    self.stages = stages
  }

  /// The same value at every step.
  public static func constant(_ value: Double) -> Annealing { Annealing(.constant, start: value) }

  /// The value of a step, counted from 1; the first step is i = 0.
  ///
  /// `lastStep` is the run's, where lines end that name none; without either they stay at the start.
  public func value(at step: Int, lastStep runEnd: Int? = nil) -> Double {
    let index = Double(max(0, step - 1 - firstStep))
    switch type {
    case .constant:
      return start
    case .stepwise:
      let moment = TrainingMoment(step: step, lastStep: runEnd)
      return (stages.last { $0.hasBegun(moment) } ?? stages.first)?.value ?? start
    case .linear:
      guard let last = lastStep ?? runEnd else { return start }
      let length = Double(max(1, last - 1 - firstStep))
      return index < length ? start + (end - start) * index / length : end
    case .exponential:
      return max(end, start * pow(decay, index))
    case .inverseSigmoid:
      guard step > firstStep else { return start }
      return end + (start - end) * slowness / (slowness + exp(index / slowness))
    }
  }

  func value(at moment: TrainingMoment) -> Double {
    value(at: moment.step, lastStep: moment.lastStep)
  }

  /// Whether the run's length shapes it.
  var dependsOnLastStep: Bool {
    switch type {
    case .linear: lastStep == nil
    case .stepwise: stages.contains { $0.fromShare != nil }
    case .constant, .exponential, .inverseSigmoid: false
    }
  }
}
