/// The two grammatical genders of French.
enum FrenchGender: Hashable, Sendable { case masculine, feminine }

/// A noun with its translation.
struct FrenchNoun: Hashable, Sendable {
  let singular: String
  let plural: String
  let gender: FrenchGender
  let english: String
  let englishPlural: String

  static func masculine(
    _ singular: String, _ english: String, plural: String? = nil, englishPlural: String? = nil
  ) -> FrenchNoun {
    FrenchNoun(singular, .masculine, english, plural, englishPlural)
  }

  static func feminine(
    _ singular: String, _ english: String, plural: String? = nil, englishPlural: String? = nil
  ) -> FrenchNoun {
    FrenchNoun(singular, .feminine, english, plural, englishPlural)
  }

  private init(
    _ singular: String, _ gender: FrenchGender, _ english: String, _ plural: String?,
    _ englishPlural: String?
  ) {
    self.singular = singular
    self.gender = gender
    self.english = english
    self.plural = plural ?? Self.regularPlural(singular)
    self.englishPlural = englishPlural ?? EnglishText.withS(english)
  }

  func french(isPlural: Bool) -> String { isPlural ? plural : singular }

  func english(isPlural: Bool) -> String { isPlural ? englishPlural : english }

  /// livre, livres; journal, journaux; cadeau, cadeaux; what ends in s, x or z stays.
  static func regularPlural(_ word: String) -> String {
    if let last = word.last, "sxz".contains(last) { return word }
    if word.hasSuffix("eau") { return word + "x" }
    if word.hasSuffix("al") { return word.dropLast() + "ux" }
    return word + "s"
  }
}

/// A man's and a woman's noun for the same person: étudiant, étudiante.
struct FrenchPersonNoun: Hashable, Sendable {
  let masculine: FrenchNoun
  let feminine: FrenchNoun

  init(_ masculine: String, _ feminine: String, _ english: String) {
    self.masculine = .masculine(masculine, english)
    self.feminine = .feminine(feminine, english)
  }

  /// One form for both, as "journaliste".
  init(_ both: String, _ english: String) { self.init(both, both, english) }

  func noun(_ gender: FrenchGender) -> FrenchNoun { gender == .masculine ? masculine : feminine }
}
