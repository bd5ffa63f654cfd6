import Foundation
import SeqKit

/// The n-best lists of a file, as `translate` prints them or in the text form with named features.
struct NBestFile {
  /// A translation among several.
  struct Hypothesis {
    var text: String
    /// By name; more may be added.
    var features: [String: Double]
  }

  /// What there is for one line of the source.
  struct List {
    /// The source's text where the file tells it.
    var source: String?
    var hypotheses: [Hypothesis]
    /// The line of the file that it begins at, from 1.
    var line: Int
  }

  let path: String
  var lists: [List] = []

  /// Reads a file; its first line tells which of the two forms it has.
  ///
  /// - Throws: ``TextError`` that names the line when one is malformed.
  init(path: String) throws {
    self.path = path
    let reader = try LineReader(path: path)
    var previous: String?
    while let bytes = try reader.next() {
      let line = reader.lineNumber
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw problem(line, "not valid UTF-8", "text in UTF-8")
      }
      if bytes.first == UInt8(ascii: "{") {
        lists.append(try jsonList(text, line))
      } else {
        let (number, hypothesis) = try plainHypothesis(text, line)
        if number != previous {
          lists.append(List(source: nil, hypotheses: [], line: line))
          previous = number
        }
        lists[lists.count - 1].hypotheses.append(hypothesis)
      }
    }
  }

  /// How many hypotheses there are in all lists.
  var hypothesisCount: Int { lists.reduce(0) { $0 + $1.hypotheses.count } }

  private func problem(_ line: Int, _ found: String, _ expected: String) -> TextError {
    TextError(.badData, file: path, line: line, found: found, expected: expected)
  }

  // MARK: JSON Lines

  /// A line of `translate --format jsonl`.
  private struct JSONLine: Decodable {
    var source: String?
    var error: String?
    var translation: String?
    var alternatives: [JSONHypothesis]?

    enum CodingKeys: String, CodingKey {
      case source, error, translation
      case alternatives = "n_best"
    }
  }

  /// A translation and every number that stands beside it.
  private struct JSONHypothesis: Decodable {
    var translation = ""
    var features: [String: Double] = [:]

    struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      translation = try members.decode(String.self, forKey: Key(stringValue: "translation"))
      for key in members.allKeys {
        if let number = try? members.decode(Double.self, forKey: key) {
          features[key.stringValue] = number
        }
      }
      if let named = try? members.decode(
        [String: Double].self, forKey: Key(stringValue: "features"))
      {
        features.merge(named) { $1 }
      }
      if let tokens = try? members.decode([String].self, forKey: Key(stringValue: "tokens")) {
        features["length"] = Double(tokens.count)
      }
      let steps = Key(stringValue: "token_log_probabilities")
      if features["log_probability"] == nil,
        let logProbabilities = try? members.decode([Double].self, forKey: steps)
      {
        features["log_probability"] = logProbabilities.reduce(0, +)
      }
    }
  }

  private func jsonList(_ text: String, _ number: Int) throws -> List {
    let expected = "an object with source, and n_best or translation, as translate prints it"
    let decoder = JSONDecoder()
    do {
      let line = try decoder.decode(JSONLine.self, from: Data(text.utf8))
      var hypotheses = line.alternatives ?? []
      if line.alternatives == nil && line.translation != nil {
        hypotheses = [try decoder.decode(JSONHypothesis.self, from: Data(text.utf8))]
      }
      guard !hypotheses.isEmpty || line.error != nil else {
        throw problem(number, "an object without a translation", expected)
      }
      return List(
        source: line.source,
        hypotheses: hypotheses.map { Hypothesis(text: $0.translation, features: $0.features) },
        line: number)
    } catch is DecodingError {
      throw problem(number, "no such object", expected)
    }
  }

  // MARK: Text

  /// `number ||| translation ||| fields`, of which a field is the score, features as `name=value` or
  /// `name= value value`, or an alignment.
  private func plainHypothesis(_ text: String, _ line: Int) throws -> (String, Hypothesis) {
    let fields = text.split(separator: " ||| ", omittingEmptySubsequences: false).map {
      $0.split(separator: " ").joined(separator: " ")
    }
    guard fields.count >= 2, Int(fields[0]) != nil else {
      throw problem(line, "no n-best line", "number ||| translation ||| score, or JSON Lines")
    }
    var hypothesis = Hypothesis(text: fields[1], features: [:])
    for field in fields.dropFirst(2) {
      let words = field.split(separator: " ")
      if words.count == 1, let score = Double(field) {
        hypothesis.features["score"] = score
      } else if words.first?.contains("=") == true {
        for (name, value) in try namedFeatures(words, line) { hypothesis.features[name] = value }
      } else if !words.allSatisfy(isLink) {
        throw problem(
          line, "the field '\(field)'", "a score, features as name=number, or an alignment")
      }
    }
    return (fields[0], hypothesis)
  }

  /// Whether a word is a pair of places, as alignments are made of.
  private func isLink(_ word: Substring) -> Bool {
    let places = word.split(separator: "-", omittingEmptySubsequences: false)
    return places.count == 2 && places.allSatisfy { Int($0) != nil }
  }

  /// A name with one value keeps it, one with several becomes `name.1`, `name.2` and so on.
  private func namedFeatures(_ words: [Substring], _ line: Int) throws -> [(String, Double)] {
    var groups: [(name: String, values: [Double])] = []
    for word in words {
      var value = word
      if let sign = word.firstIndex(of: "=") {
        groups.append((String(word[..<sign]), []))
        value = word[word.index(after: sign)...]
        if value.isEmpty { continue }
      }
      guard let number = Double(value), !groups.isEmpty else {
        throw problem(line, "the feature value '\(value)'", "a number")
      }
      groups[groups.count - 1].values.append(number)
    }
    return groups.flatMap { name, values in
      values.count == 1
        ? [(name, values[0])] : values.enumerated().map { ("\(name).\($0 + 1)", $1) }
    }
  }
}
