/// French spelling: how words that stand side by side change each other.
enum FrenchText {
  /// What loses its vowel before another: "je ai" is "j'ai".
  private static let elidable: Set<String> = [
    "je", "me", "te", "se", "ne", "de", "que", "le", "la",
  ]
  private static let vowels: Set<Unicode.Scalar> = Set("aeiouyàâäéèêëîïôöùûüœæh".unicodeScalars)

  /// Whether a word begins with the sound of a vowel; the grammar has no aspirated h and none of
  /// the words in y that take no elision.
  static func beginsWithVowel(_ word: String) -> Bool {
    word.lowercased().unicodeScalars.first.map { vowels.contains($0) } ?? false
  }

  /// A sentence of words: prepositions merged with articles, vowels elided, the first letter large.
  static func sentence(_ words: [String]) -> String {
    capitalized(joined(contracted(words)))
  }

  /// "à le marché" is "au marché", "de les écoles" is "des écoles"; "à l'école" stays.
  private static func contracted(_ words: [String]) -> [String] {
    var result: [String] = []
    for (index, word) in words.enumerated() {
      if let last = result.last, last == "à" || last == "de" {
        let isElided = index + 1 < words.count && beginsWithVowel(words[index + 1])
        if word == "les" || (word == "le" && !isElided) {
          let forms = word == "les" ? (at: "aux", of: "des") : (at: "au", of: "du")
          result[result.count - 1] = last == "à" ? forms.at : forms.of
          continue
        }
      }
      result.append(word)
    }
    return result
  }

  private static func joined(_ words: [String]) -> String {
    var text = ""
    for (index, word) in words.enumerated() {
      if word == "," {
        text += ","
        continue
      }
      if index > 0, !text.hasSuffix("'") { text += " " }
      let isElided =
        elidable.contains(word) && index + 1 < words.count && beginsWithVowel(words[index + 1])
      text += isElided ? word.dropLast() + "'" : word
    }
    return text
  }

  static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
