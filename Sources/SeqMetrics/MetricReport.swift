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

  /// A report on a figure computed elsewhere.
  public init(name: String, score: Double, signature: MetricSignature, details: String) {
    self.name = name
    self.score = score
    self.signature = signature
    self.details = details
  }

  /// The figure with `width` digits after the point.
  public func formattedScore(width: Int = 1) -> String {
    fixed(score, width)
  }

  /// The line of `sacrebleu --format text`.
  ///
  /// - Parameter width: digits after the point of the score.
  /// - Returns: `name|signature = score details`.
  public func line(width: Int = 1) -> String {
    let line = "\(name)|\(signature) = \(formattedScore(width: width))"
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
    // Rounded as decimal text, then printed as the nearest double is: 63.9, 100.0.
    let rounded = Double(formattedScore(width: width)) ?? score
    members.append(("score", "\(rounded)"))
    members.append(("signature", jsonString(signature.description)))
    if !details.isEmpty { members.append(("verbose_score", jsonString(details))) }
    for field in signature.fields {
      members.append((field.name, jsonString(field.value)))
    }
    let lines = members.map { " \(jsonString($0.key)): \($0.value)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }
}

/// Fixed-point decimal text, rounded from the exact binary value, ties to even.
func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// A JSON string literal; everything but quotes, backslashes and controls stays as it is.
private func jsonString(_ text: String) -> String {
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
