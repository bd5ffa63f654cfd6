/// Sentence patterns that together make up the French task.
///
/// Every pattern is a family of pairs: independent choices of words, and a sentence for each
/// combination that makes one. Patterns are weighted by what they teach, not by their size.
enum FrenchPhrasebook {
  typealias Form = FrenchClause.Form
  typealias Lexicon = FrenchLexicon

  static let families: [PairFamily] = [
    professions, states, feelings, ages, names, possessions, described, actions, meals, tastes,
    languages, journeys, residences, existence, whereabouts, whereIs, identification, abilities,
    reasons, prices, requests, thanks,
  ]

  // MARK: Subjects

  static let pronouns = FrenchSubject.pronouns
  static let plainPronouns = pronouns.filter(\.isCanonical)

  /// As in "mon frère", "les étudiantes", "cette architecte", "Marie".
  static let people = named + relatives + workers

  static let named = Lexicon.names.map { FrenchSubject(name: $0.name, $0.gender) }

  static let relatives: [FrenchSubject] = Lexicon.relations.flatMap { noun in
    [FrenchSubject.Person.je, .tu, .nous, .vous].flatMap { owner in
      (Lexicon.parents.contains(noun) ? [false] : [false, true]).map {
        FrenchSubject(FrenchNounPhrase(.possessive(owner), noun, isPlural: $0))
      }
    }
  }

  static let workers: [FrenchSubject] = {
    let phrases = Lexicon.professions.flatMap { person in
      // "la médecin" is not everybody's French.
      (person.masculine.singular == "médecin"
        ? [person.masculine] : [person.masculine, person.feminine])
        .flatMap { noun in
          [false, true].map { FrenchNounPhrase(.definite, noun, isPlural: $0) }
            + [FrenchNounPhrase(.demonstrative, noun)]
        }
    }
    return distinct(phrases).map { FrenchSubject($0) }
  }()

  /// Pronouns and a few of the people, for patterns that are about something else.
  static let someone: [FrenchSubject] =
    plainPronouns + named.prefix(2) + every(13, of: relatives) + every(29, of: workers)

  static func every(_ step: Int, of subjects: [FrenchSubject]) -> [FrenchSubject] {
    stride(from: 0, to: subjects.count, by: step).map { subjects[$0] }
  }

  /// Without phrases that read like one before them: "les journalistes" may be men or women.
  static func distinct(_ phrases: [FrenchNounPhrase]) -> [FrenchNounPhrase] {
    var seen: Set<String> = []
    return phrases.filter {
      seen.insert(FrenchText.sentence($0.french(isNegated: false))).inserted
    }
  }
}

extension FrenchClause.Form {
  static var count: Int { allCases.count }
}
