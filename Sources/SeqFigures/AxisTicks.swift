internal import Foundation

/// Round numbers along an axis.
struct AxisTicks {
  /// From the least to the greatest.
  let values: [Double]
  private let step: Double

  /// About `count` multiples of 1, 2 or 5 times a power of ten within the range.
  init(_ range: ClosedRange<Double>, count: Int) {
    let rough = (range.upperBound - range.lowerBound) / Double(max(count, 1))
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    self.step = step
    values = first <= last ? (Int(first)...Int(last)).map { Double($0) * step } : []
  }

  /// A tick as its axis shows it, with the decimals that its step needs.
  func text(_ value: Double) -> String {
    if abs(value) < step / 2 { return "0" }
    let greatest = values.map(abs).max() ?? 0
    if greatest < 1e-3 || greatest >= 1e7 {
      let digits = max(0, Int(floor(log10(abs(value) / step) + 1e-9)))
      return String(format: "%.\(digits)e", value)
        .replacingOccurrences(of: "e-0", with: "e-").replacingOccurrences(of: "e+0", with: "e")
    }
    return String(format: "%.\(max(0, Int(-floor(log10(step) + 1e-9))))f", value)
  }
}
