import Foundation

/// A metric's figure for a corpus, ready to print as sacreBLEU prints it.
public struct MetricReport: Hashable, Sendable {
  /// The metric's name, such as `BLEU`.
  public var name: String
  /// The unrounded figure on the metric's usual scale.
  public var score: Double
  /// The settings behind the figure.
  public var signature: MetricSignature
  /// The parts of the figure, such as precisions and lengths; may be empty.
  public var details: String

  /// Where the figure lies with 95 % confidence, if that was asked for.
  public var confidence: Resampling.Confidence?

  /// A report on a figure computed elsewhere.
  public init(
    name: String, score: Double, signature: MetricSignature, details: String,
    confidence: Resampling.Confidence? = nil
  ) {
    self.name = name
    self.score = score
    self.signature = signature
    self.details = details
    self.confidence = confidence
  }

  /// The figure with `width` digits after the point.
  public func formattedScore(width: Int = 1) -> String {
    fixed(score, width)
  }

  /// `μ = 38.21 ± 1.02`, nil without confidence, and where sacreBLEU prints none: at a mean of 0.
  private func formattedConfidence(width: Int) -> String? {
    confidence.flatMap { confidence in
      confidence.mean > 0
        ? "μ = \(fixed(confidence.mean, width)) ± \(fixed(confidence.halfWidth, width))" : nil
    }
  }

  /// The line of `sacrebleu --format text`.
  ///
  /// - Parameter width: digits after the point of the score.
  /// - Returns: `name|signature = score details`.
  public func line(width: Int = 1) -> String {
    var line = "\(name)|\(signature) = \(formattedScore(width: width))"
    if let confidence = formattedConfidence(width: width) { line += " (\(confidence))" }
    return details.isEmpty ? line : "\(line) \(details)"
  }

  /// The object of `sacrebleu --format json`: score, signature, and the signature's fields again.
  ///
  /// - Parameters:
  ///   - width: digits to which the score is rounded after the point.
  ///   - system: whose output was scored; when given it is the first member.
  /// - Returns: an object over several lines, without a line break at the end.
  public func json(width: Int = 1, system: String? = nil) -> String {
    var members: [(key: String, value: String)] = []
    if let system { members.append(("system", jsonString(system))) }
    members.append(("name", jsonString(name)))
    members.append(("score", rounded(score, width)))
    members.append(("signature", jsonString(signature.description)))
    if let confidence, let text = formattedConfidence(width: width) {
      members.append(("confidence_mean", rounded(confidence.mean, width)))
      members.append(("confidence_var", rounded(confidence.halfWidth, width)))
      members.append(("confidence", jsonString(text)))
    }
    if !details.isEmpty { members.append(("verbose_score", jsonString(details))) }
    for field in signature.fields {
      members.append((field.name, jsonString(field.value)))
    }
    let lines = members.map { " \(jsonString($0.key)): \($0.value)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }
}

/// Fixed-point decimal text, rounded from the exact binary value, ties to even.
package func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// Rounded as decimal text, then printed as the nearest double is: 63.9, 100.0.
private func rounded(_ value: Double, _ width: Int) -> String {
  "\(Double(fixed(value, width)) ?? value)"
}

/// A JSON string literal; everything but quotes, backslashes and controls stays as it is.
package func jsonString(_ text: String) -> String {
  var literal = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": literal += "\\\""
    case "\\": literal += "\\\\"
    case "\n": literal += "\\n"
    case "\r": literal += "\\r"
    case "\t": literal += "\\t"
    case "\u{0}"..."\u{1F}":
      literal += String(format: "\\u%04x", scalar.value)
    default: literal.unicodeScalars.append(scalar)
    }
  }
  return literal + "\""
}
