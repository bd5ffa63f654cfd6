internal import Foundation
public import SeqFigures
public import SeqText

/// The numbers of a `metrics.jsonl`, by name, in the order of their steps.
public struct MetricsHistory: Sendable {
  private var series: [String: [Curves.Point]] = [:]

  /// Reads a file; a last line that was cut off is left out.
  ///
  /// - Throws: ``TextError`` when there is no such file, or a line in it is no JSON object with a
  ///   step.
  public init(path: String) throws(TextError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TextError(
        .missingInput, file: path, found: "no such file",
        expected: "the metrics.jsonl of a training run")
    }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.dropLast().enumerated() {
      guard let numbers = try? Self.numbers(inLine: line), let step = numbers["step"] else {
        throw TextError(
          .badData, file: path, line: index + 1, found: "no report of a step",
          expected: "a line of metrics.jsonl, as training writes it")
      }
      for (name, value) in numbers where name != "step" {
        series[name, default: []].append(Curves.Point(x: step, y: value))
      }
    }
  }

  /// The names there are, as the file spells them.
  public var names: [String] { series.keys.sorted() }

  /// The values of a name over steps; empty for one that is not there.
  public subscript(name: String) -> [Curves.Point] { series[name] ?? [] }

  /// The numbers of a line by their names, those that JSON has no numbers for included.
  static func numbers(inLine line: Data) throws -> [String: Double] {
    try JSONDecoder().decode([String: Value].self, from: line).compactMapValues(\.number)
  }

  private struct Value: Decodable {
    /// Nil for what is none, such as a truth value.
    var number: Double?

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let double = try? value.decode(Double.self) {
        number = double
      } else if let name = try? value.decode(String.self) {
        number = ["nan": .nan, "inf": .infinity, "-inf": -.infinity][name]
      }
    }
  }
}

extension Curves {
  /// What metrics on text are called above their curves.
  private static let titles = [
    "bleu": "BLEU, 0–100", "chrf": "chrF2, 0–100", "rouge": "ROUGE-L, 0–100",
    "exact_match": "exact match, %",
  ]

  /// The curves of one or several runs: loss, every metric of training and validation, and the
  /// learning rate.
  ///
  /// Several runs share the panels; each has a colour, and validation is dashed.
  public init(title: String, runs: [(name: String, history: MetricsHistory)]) {
    let validation = "validation_"
    let metrics = Set(runs.flatMap(\.history.names))
    var panels: [Panel] = []
    func addPanel(_ title: String, _ names: [String]) {
      let series = runs.enumerated().flatMap { index, run in
        names.compactMap { name -> Series? in
          let points = run.history[name]
          guard !points.isEmpty else { return nil }
          let isValidation = name.hasPrefix(validation)
          let role = isValidation ? "validation" : "training"
          return Series(
            name: runs.count == 1 ? role : "\(role), \(run.name)", points: points,
            color: runs.count == 1 ? (isValidation ? 1 : 0) : index,
            isDashed: isValidation)
        }
      }
      if !series.isEmpty { panels.append(Panel(title: title, series: series)) }
    }
    addPanel("loss, nats per target token", ["loss", "validation_loss"])
    addPanel("accuracy, share of target tokens", ["accuracy", "validation_accuracy"])
    let others = metrics.filter {
      $0.hasPrefix(validation)
        && !["validation_loss", "validation_accuracy", "validation_perplexity"].contains($0)
    }
    for name in others.sorted() {
      let metric = String(name.dropFirst(validation.count))
      addPanel(Self.titles[metric] ?? metric.replacing("_", with: " "), [name])
    }
    for name in metrics.sorted() where !name.hasPrefix(validation) && !TrainingReport.isCommon(name)
    {
      addPanel(name.replacing("_", with: " "), [name])
    }
    addPanel("learning rate", ["learning_rate"])
    self.init(title: title, xLabel: "step", panels: panels)
  }
}
