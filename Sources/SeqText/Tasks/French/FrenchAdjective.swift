/// An adjective that agrees with its noun.
struct FrenchAdjective: Hashable, Sendable {
  let masculine: String
  let feminine: String
  /// Before a masculine singular noun in a vowel: "un bel oiseau".
  let beforeVowel: String
  let english: String

  /// Without a feminine the masculine takes an e, unless it has one.
  init(_ masculine: String, _ english: String, feminine: String? = nil, beforeVowel: String? = nil)
  {
    self.masculine = masculine
    self.english = english
    self.feminine = feminine ?? (masculine.hasSuffix("e") ? masculine : masculine + "e")
    self.beforeVowel = beforeVowel ?? masculine
  }

  func french(_ gender: FrenchGender, isPlural: Bool) -> String {
    let singular = gender == .masculine ? masculine : feminine
    return isPlural ? FrenchNoun.regularPlural(singular) : singular
  }
}
