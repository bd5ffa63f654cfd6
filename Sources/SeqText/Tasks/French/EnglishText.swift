/// English spelling: articles, endings and the marks between words.
enum EnglishText {
  /// A sentence of words; "a" becomes "an" where it has to, and marks join the word before them.
  static func sentence(_ words: [String]) -> String {
    var text = ""
    for (index, word) in words.enumerated() {
      if word == "?" || word == "," {
        text += word
        continue
      }
      if index > 0 { text += " " }
      let next = index + 1 < words.count ? words[index + 1] : ""
      text += word == "a" && takesAn(next) ? "an" : word
    }
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// Whether the article before the word is "an"; "university" begins with the sound of a y.
  private static func takesAn(_ word: String) -> Bool {
    !word.hasPrefix("uni") && !word.hasPrefix("use")
      && word.lowercased().unicodeScalars.first.map { "aeiou".unicodeScalars.contains($0) } ?? false
  }

  /// The plural of a regular noun, and the third person of a regular verb: books, watches, cities.
  static func withS(_ word: String) -> String {
    for ending in ["s", "x", "ch", "sh"] where word.hasSuffix(ending) { return word + "es" }
    if word.hasSuffix("y"), let before = word.dropLast().last, !"aeiou".contains(before) {
      return word.dropLast() + "ies"
    }
    return word + "s"
  }
}
