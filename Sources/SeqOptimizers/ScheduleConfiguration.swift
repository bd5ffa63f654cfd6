/// The learning rate over steps: a linear warm-up to a peak, then a decay.
public struct ScheduleConfiguration: Codable, Hashable, Sendable {
  /// What happens after the warm-up.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// `peak · √(warmup / step)` after the warm-up (Vaswani et al. 2017).
    case inverseSquareRoot = "inverse_square_root"
    /// Half a cosine from the peak to ``ScheduleConfiguration/minimumRate``.
    case cosine
    /// A straight line from the peak to ``ScheduleConfiguration/minimumRate``.
    case linear
    /// The peak throughout.
    case constant
  }

  /// Which decay.
  public var type: Kind
  /// The learning rate at the end of the warm-up.
  public var peakRate: Double
  /// Steps in which the rate rises from 0 to the peak; 0 starts at the peak.
  public var warmupSteps: Int
  /// The step at which cosine and linear decay reach ``minimumRate``; nil means the run's last.
  public var decaySteps: Int?
  /// Where cosine and linear decay end.
  public var minimumRate: Double

  /// Every choice has the default of the inverse square root after 4000 steps; a constant rate has no
  /// warm-up unless it is given one.
  public init(
    type: Kind = .inverseSquareRoot, peakRate: Double = 5e-4, warmupSteps: Int? = nil,
    decaySteps: Int? = nil, minimumRate: Double = 0
  ) {
    self.type = type
    self.peakRate = peakRate
    self.warmupSteps = warmupSteps ?? (type == .constant ? 0 : 4000)
    self.decaySteps = decaySteps
    self.minimumRate = minimumRate
  }
}
