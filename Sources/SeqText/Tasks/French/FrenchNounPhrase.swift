/// What stands before a noun.
enum FrenchDeterminer: Hashable, Sendable {
  /// un, une, des: "a", and nothing in the plural.
  case indefinite
  /// le, la, les: "the".
  case definite
  /// ce, cet, cette, ces: "this", "these".
  case demonstrative
  /// mon, ma, mes and the others; one of je, tu, nous, vous, or il and ils for the subject itself.
  case possessive(FrenchSubject.Person)
  /// deux, trois and so on; the noun is in the plural.
  case number(french: String, english: String)
  /// du, de la, de l': nothing in English.
  case partitive
}

/// A noun with its determiner and up to two adjectives, in both languages.
struct FrenchNounPhrase: Hashable, Sendable {
  let determiner: FrenchDeterminer
  let noun: FrenchNoun
  let isPlural: Bool
  /// An adjective that stands before its noun, as "petit".
  var before: FrenchAdjective?
  /// An adjective that stands after it, as colours do.
  var after: FrenchAdjective?
  /// Whose "son" and "leur" are.
  var owner: FrenchSubject?

  init(
    _ determiner: FrenchDeterminer, _ noun: FrenchNoun, isPlural: Bool = false,
    before: FrenchAdjective? = nil, after: FrenchAdjective? = nil, owner: FrenchSubject? = nil
  ) {
    self.determiner = determiner
    self.noun = noun
    self.isPlural = isPlural
    self.before = before
    self.after = after
    self.owner = owner
  }

  /// After "ne … pas" indefinite and partitive articles are "de": "je n'ai pas de chat".
  func french(isNegated: Bool) -> [String] {
    let head = head
    return frenchDeterminer(before: head[0], isNegated: isNegated) + head
  }

  /// The noun and its adjectives.
  private var head: [String] {
    let noun = noun.french(isPlural: isPlural)
    var words: [String] = []
    if let before {
      let takesVowelForm =
        self.noun.gender == .masculine && !isPlural && FrenchText.beginsWithVowel(noun)
      words.append(
        takesVowelForm
          ? before.beforeVowel : before.french(self.noun.gender, isPlural: isPlural))
    }
    words.append(noun)
    if let after { words.append(after.french(self.noun.gender, isPlural: isPlural)) }
    return words
  }

  private func frenchDeterminer(before next: String, isNegated: Bool) -> [String] {
    let isFeminine = noun.gender == .feminine
    let isVowelNext = FrenchText.beginsWithVowel(next)
    switch determiner {
    case .indefinite:
      // "de petites maisons": des is de before an adjective.
      if isNegated || (isPlural && before != nil) { return ["de"] }
      return [isPlural ? "des" : isFeminine ? "une" : "un"]
    case .definite: return [isPlural ? "les" : isFeminine ? "la" : "le"]
    case .demonstrative:
      return [isPlural ? "ces" : isFeminine ? "cette" : isVowelNext ? "cet" : "ce"]
    case .possessive(let person):
      let forms = possessiveForms(person)
      return [isPlural ? forms.plural : isFeminine && !isVowelNext ? forms.feminine : forms.other]
    case .number(let french, _): return [french]
    case .partitive:
      return isNegated ? ["de"] : isVowelNext ? ["de", isFeminine ? "la" : "le"] : frenchPartitive
    }
  }

  private var frenchPartitive: [String] { noun.gender == .feminine ? ["de", "la"] : ["du"] }

  private func possessiveForms(
    _ person: FrenchSubject.Person
  ) -> (other: String, feminine: String, plural: String) {
    switch person {
    case .je: ("mon", "ma", "mes")
    case .tu: ("ton", "ta", "tes")
    case .nous: ("notre", "notre", "nos")
    case .vous: ("votre", "votre", "vos")
    case .il, .ils: owner?.person == .ils ? ("leur", "leur", "leurs") : ("son", "sa", "ses")
    }
  }

  var english: [String] {
    let adjectives = [before, after].compactMap { $0?.english }
    return englishDeterminer + adjectives + [noun.english(isPlural: isPlural)]
  }

  private var englishDeterminer: [String] {
    switch determiner {
    case .indefinite: isPlural ? [] : ["a"]
    case .definite: ["the"]
    case .demonstrative: [isPlural ? "these" : "this"]
    case .possessive(.je): ["my"]
    case .possessive(.tu), .possessive(.vous): ["your"]
    case .possessive(.nous): ["our"]
    case .possessive: [owner?.englishPossessive ?? "his"]
    case .number(_, let english): [english]
    case .partitive: []
    }
  }
}
