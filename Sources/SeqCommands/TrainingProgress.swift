import Foundation
import SeqKit

/// Shows a run on standard error: one line that is redrawn on a terminal, plain lines elsewhere.
final class TrainingProgress {
  private let output: String
  private var hasLiveLine = false
  private var start: TrainingEvent.Start?
  private var firstReport: TrainingReport?

  init(output: String) { self.output = output }

  /// Whether the preparations are over.
  var hasStarted: Bool { start != nil }

  func show(_ event: TrainingEvent) {
    switch event {
    case .preparing(let pairs): if Console.isTerminal { live("\(pairs) pairs") }
    case .started(let start):
      self.start = start
      let from = start.step > 0 ? ", going on from step \(start.step)" : ""
      line(
        "training \(start.parameterCount) parameters with \(start.workerCount) "
          + "worker\(start.workerCount == 1 ? "" : "s"), \(start.stepsPerEpoch) steps an epoch\(from)"
      )
    case .report(let report): show(report)
    case .validation(let report): show(report)
    case .checkpoint: break
    case .note(let text): line(text)
    case .finished(let outcome): show(outcome)
    }
  }

  private func show(_ report: TrainingReport) {
    if firstReport == nil { firstReport = report }
    var text = String(
      format: "step %d  epoch %d  loss %.3f  rate %.2e  %.0f tokens/s", report.step, report.epoch,
      report.loss, report.learningRate, report.targetTokensPerSecond)
    for (name, value) in report.figures.sorted(by: { $0.key < $1.key }) {
      text += "  \(name.replacing("_", with: " ")) " + String(format: "%.3f", value)
    }
    // Of a run that is to go on until somebody stops it nothing useful can be said.
    if let left = secondsLeft(report), left < 1e7 { text += "  " + Self.duration(left) + " left" }
    if Console.isTerminal {
      let bar = report.lastStep.map { Self.bar(Double(report.step) / Double($0)) + "  " } ?? ""
      // A line that wraps is not redrawn but repeated.
      live((bar + text).count < Console.width ? bar + text : text)
    } else {
      line(text)
    }
  }

  /// From the pace of this session.
  private func secondsLeft(_ report: TrainingReport) -> Double? {
    guard let last = report.lastStep, let first = firstReport, report.step > first.step else {
      return nil
    }
    let pace = (report.elapsedSeconds - first.elapsedSeconds) / Double(report.step - first.step)
    return pace * Double(max(0, last - report.step))
  }

  private func show(_ report: ValidationReport) {
    var parts: [String] = []
    if let loss = report.validationLoss, let perplexity = report.validationPerplexity {
      parts.append(String(format: "loss %.4f (perplexity %.2f)", loss, perplexity))
    }
    if let accuracy = report.validationAccuracy {
      parts.append(String(format: "accuracy %.2f %%", 100 * accuracy))
    }
    for (name, value) in [
      ("BLEU", report.validationBLEU), ("chrF2", report.validationCHRF),
      ("ROUGE-L", report.validationROUGE), ("exact match", report.validationExactMatch),
    ] {
      if let value { parts.append("\(name) " + String(format: "%.2f", value)) }
    }
    line(
      "validation after step \(report.step), epoch \(report.epoch): "
        + parts.joined(separator: "  ") + (report.isBest ? "  best so far" : ""))
  }

  private func show(_ outcome: TrainingOutcome) {
    let time = Self.duration(outcome.elapsedSeconds)
    let origin = outcome.modelStep.map { " of step \($0), the best," } ?? ""
    switch outcome.reason {
    case .completed:
      line("finished after \(outcome.step) steps, \(time); the model\(origin) is in \(output)")
    case .outOfPatience:
      line(
        "stopped after \(outcome.step) steps, \(time): validation brought nothing better; "
          + "the model\(origin) is in \(output)")
    case .interrupted:
      line("stopped after step \(outcome.step), saved; go on with --resume --output \(output)")
    }
  }

  /// Redraws the line at the bottom of the terminal.
  private func live(_ text: String) {
    Console.write("\r\u{1B}[K\(text.prefix(Console.width - 1))")
    hasLiveLine = true
  }

  private func line(_ text: String) {
    if hasLiveLine { Console.write("\n") }
    hasLiveLine = false
    Console.note(text)
  }

  private static func bar(_ share: Double) -> String {
    let width = 20
    let filled = Int((min(max(share, 0), 1) * Double(width)).rounded())
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
    return String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
  }
}
