import Foundation
import SeqKit

/// Numbers that translations get beside those of their lists.
extension NBestFile {
  /// Takes the sources from a file, a line for every list.
  ///
  /// - Throws: ``TextError`` when there are more or fewer.
  mutating func readSources(path: String) throws {
    let lines = try SegmentFile(path: path).lines
    guard lines.count == lists.count else {
      throw TextError(
        .badData, file: path,
        found: "\(lines.count) lines, but \(self.path) has \(lists.count) lists",
        expected: "a source for every list")
    }
    for (list, line) in lines.enumerated() { lists[list].source = line }
  }

  /// Adds `length`, where the list did not give it, and `length_ratio` where sources are known.
  mutating func addLengths() {
    for list in lists.indices {
      let sourceLength = lists[list].source?.unicodeScalars.count
      for place in lists[list].hypotheses.indices {
        let text = lists[list].hypotheses[place].text
        let words = text.utf8.split { [0x20, 0x09].contains($0) }
        add("length", Double(words.count), to: (list, place), replacing: false)
        if let sourceLength {
          let ratio = Double(text.unicodeScalars.count) / Double(max(sourceLength, 1))
          add("length_ratio", ratio, to: (list, place), replacing: false)
        }
      }
    }
  }

  private mutating func add(
    _ name: String, _ value: Double, to place: (list: Int, hypothesis: Int), replacing: Bool
  ) {
    if !replacing && lists[place.list].hypotheses[place.hypothesis].features[name] != nil { return }
    lists[place.list].hypotheses[place.hypothesis].features[name] = value
  }

  /// Adds a feature from a file with a line for each translation: a number, or an object with a
  /// `score`.
  ///
  /// - Throws: ``TextError`` with the line that is neither, or when there are more or fewer.
  mutating func addFeature(_ name: String, path: String) throws {
    struct Scored: Decodable { var score: Double }
    let lines = try SegmentFile(path: path).lines
    guard lines.count == hypothesisCount else {
      throw TextError(
        .badData, file: path,
        found: "\(lines.count) lines, but \(self.path) has \(hypothesisCount) translations",
        expected: "a number for every translation")
    }
    var number = 0
    for list in lists.indices {
      for place in lists[list].hypotheses.indices {
        let line = lines[number]
        number += 1
        let value =
          Double(line.split(separator: " ").joined())
          ?? (try? JSONDecoder().decode(Scored.self, from: Data(line.utf8)))?.score
        guard let value, value.isFinite else {
          throw TextError(
            .badData, file: path, line: number, found: "'\(line)'",
            expected: "a finite number, or an object with a score")
        }
        add(name, value, to: (list, place), replacing: true)
      }
    }
  }

  /// Adds the log-probability that a model gives each translation.
  ///
  /// - Throws: ``TextError`` when a source is not known, or the model cannot read so many tokens.
  mutating func addScores(_ name: String, of loaded: ModelDirectory, _ pool: ComputePool) throws {
    var pairs: [TokenBatch.Pair] = []
    for (number, list) in lists.enumerated() {
      guard let source = list.source ?? (list.hypotheses.isEmpty ? "" : nil) else {
        throw TextError(
          .badData, file: path, line: list.line, found: "no source text",
          expected: "lists in JSON Lines, or --source")
      }
      for hypothesis in list.hypotheses {
        let pair = TextPair(
          line: number + 1, source: Array(source.utf8), target: Array(hypothesis.text.utf8))
        pairs.append(try loaded.ids(of: pair, in: (path, path)))
      }
    }
    var scores = try Scorer(loaded.model, pool: pool)(pairs)[...]
    for list in lists.indices {
      for place in lists[list].hypotheses.indices {
        let sum = scores.removeFirst().reduce(0) { $0 + Double($1) }
        add(name, sum, to: (list, place), replacing: true)
      }
    }
  }

  /// The features that translations have, in alphabetical order.
  ///
  /// - Throws: ``TextError`` when one of them is missing somewhere.
  func featureNames() throws -> [String] {
    let names = Set(lists.filter(hasChoice).flatMap(\.hypotheses).flatMap(\.features.keys)).sorted()
    _ = try features(names)
    return names
  }

  /// The features of every translation, in the order of the names.
  ///
  /// The only translation of a list needs none: what it lacks counts 0.
  ///
  /// - Throws: ``TextError`` that says which translation lacks which feature.
  func features(_ names: [String]) throws -> [[[Double]]] {
    try lists.enumerated().map { number, list in
      try list.hypotheses.enumerated().map { place, hypothesis in
        try names.map { name in
          if let value = hypothesis.features[name], value.isFinite { return value }
          guard hasChoice(list) else { return 0 }
          let there = hypothesis.features.keys.sorted().joined(separator: ", ")
          throw TextError(
            .badData, file: path, line: list.line,
            found: "translation \(place + 1) of list \(number + 1) has no number '\(name)'",
            expected: "one for every translation; it has \(there)")
        }
      }
    }
  }

  private func hasChoice(_ list: List) -> Bool { list.hypotheses.count > 1 }
}
