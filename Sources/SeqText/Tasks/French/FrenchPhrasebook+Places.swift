/// Where somebody goes and something is.
extension FrenchPhrasebook {
  /// Where one goes or comes from, the preposition included.
  struct Direction {
    let to: [String]
    let from: [String]
    let english: [String]
  }

  static let directions: [Direction] =
    Lexicon.places.map { place in
      let phrase = FrenchNounPhrase(.definite, place)
      return Direction(
        to: ["à"] + phrase.french(isNegated: false), from: ["de"] + phrase.french(isNegated: false),
        english: phrase.english)
    }
    + Lexicon.cities.map {
      Direction(to: ["à", $0.french], from: ["de", $0.french], english: [$0.english])
    }
    + Lexicon.countries.map {
      Direction(to: $0.inside, from: $0.from, english: [$0.english])
    }

  static let times: [FrenchTense: [(french: [String], english: [String])]] = [
    .present: [
      ([], []), (["maintenant"], ["now"]), (["aujourd'hui"], ["today"]),
      (["ce", "soir"], ["this", "evening"]),
    ],
    .past: [
      ([], []), (["hier"], ["yesterday"]), (["la", "semaine", "dernière"], ["last", "week"]),
      (["hier", "soir"], ["last", "night"]),
    ],
    .future: [
      ([], []), (["demain"], ["tomorrow"]), (["la", "semaine", "prochaine"], ["next", "week"]),
      (["bientôt"], ["soon"]),
    ],
  ]

  /// As in "Elles sont allées au marché hier", "Viens-tu du Japon ?".
  static let journeys: PairFamily = {
    let tenses: [FrenchTense] = [.present, .past, .future]
    let subjects = pronouns + someone.filter { !$0.isPronoun }
    return PairFamily(
      weight: 10, choices: [subjects.count, 2, directions.count, tenses.count, 4, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let tense = tenses[choice[3]]
      let isGoing = choice[1] == 0
      // "I come from Paris now": origins do not change with the time of day.
      guard subject.isCanonical || tense == .past, isGoing || tense != .present || choice[4] == 0,
        let time = times[tense]?[choice[4]]
      else { return nil }
      let direction = directions[choice[2]]
      return FrenchClause(
        subject, VerbGroup(isGoing ? .aller : Lexicon.venir, tense, subject),
        (isGoing ? direction.to : direction.from) + time.french,
        [isGoing ? "to" : "from"] + direction.english + time.english
      ).pair(Form.allCases[choice[5]])
    }
  }()

  /// As in "J'habite en Corée", "N'habites-tu pas à Paris ?".
  static let residences: PairFamily = {
    let homes =
      Lexicon.cities.map { (["à", $0.french], $0.english) }
      + Lexicon.countries.map { ($0.inside, $0.english) }
    let tenses: [FrenchTense] = [.present, .past, .future, .nearFuture]
    let subjects = someone
    return PairFamily(
      weight: 4, choices: [subjects.count, homes.count, tenses.count, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let home = homes[choice[1]]
      return FrenchClause(
        subject, VerbGroup(Lexicon.habiter, tenses[choice[2]], subject), home.0, ["in", home.1]
      ).pair(Form.allCases[choice[3]])
    }
  }()

  /// A spot in or around the house: "sous la table", "près de l'arbre".
  static let spots: [(french: [String], english: [String])] = {
    let around = [
      (["sur"], ["on"]), (["sous"], ["under"]), (["devant"], ["in", "front", "of"]),
      (["derrière"], ["behind"]), (["près", "de"], ["near"]),
      (["à", "côté", "de"], ["next", "to"]),
    ]
    func spot(_ preposition: ([String], [String]), _ noun: FrenchNoun) -> ([String], [String]) {
      let phrase = FrenchNounPhrase(.definite, noun)
      return (preposition.0 + phrase.french(isNegated: false), preposition.1 + phrase.english)
    }
    let surfaces = Lexicon.furniture.filter { ["table", "chaise", "lit"].contains($0.singular) }
    return around.prefix(2).flatMap { preposition in surfaces.map { spot(preposition, $0) } }
      + around.dropFirst(2).flatMap { preposition in
        Lexicon.furniture.map { spot(preposition, $0) }
      } + Lexicon.rooms.map { spot((["dans"], ["in"]), $0) }
  }()

  static let movables =
    Lexicon.belongings.filter { !["voiture", "vélo"].contains($0.singular) } + Lexicon.clothes
    + Lexicon.animals.filter { !["cheval", "vache"].contains($0.singular) } + Lexicon.readings

  /// As in "Il n'y a pas de chat sous le lit".
  static let existence: PairFamily = {
    let counts: [FrenchDeterminer] =
      [.indefinite, .indefinite]
      + Lexicon.numbers.map { .number(french: $0.french, english: $0.english) }
    return PairFamily(
      weight: 5, choices: [movables.count, counts.count, spots.count, Form.count]
    ) { choice in
      // Of the two indefinite articles the first is singular.
      let isPlural = choice[1] > 0
      let thing = FrenchNounPhrase(counts[choice[1]], movables[choice[0]], isPlural: isPlural)
      let spot = spots[choice[2]]
      let form = Form.allCases[choice[3]]
      let negated = form.isNegated
      var french = thing.french(isNegated: negated) + spot.french
      switch form {
      case .statement: french = ["il", "y", "a"] + french
      case .negation: french = ["il", "ne", "y", "a", "pas"] + french
      case .question: french = ["est-ce", "que", "il", "y", "a"] + french
      case .inversion: french = ["y", "a-t-il"] + french
      case .negatedQuestion: french = ["est-ce", "que", "il", "ne", "y", "a", "pas"] + french
      case .negatedInversion: french = ["ne", "y", "a-t-il", "pas"] + french
      }
      // "There is no cat", but "there are not two cats".
      let isNone = negated && choice[1] < 2
      let noun = isNone ? [thing.noun.english(isPlural: isPlural)] : thing.english
      let be = isPlural ? "are" : "is"
      let english =
        (form.isQuestion ? [be, "there"] : ["there", be])
        + (negated ? [isNone ? "no" : "not"] : []) + noun + spot.english
      return TaskPair(
        source: FrenchText.sentence(form.isQuestion ? french + ["?"] : french),
        target: EnglishText.sentence(form.isQuestion ? english + ["?"] : english))
    }
  }()

  static let ownedThings: [FrenchDeterminer] = [
    .definite, .demonstrative, .possessive(.je), .possessive(.tu), .possessive(.vous),
  ]

  /// As in "Mes clés sont-elles sur la table ?".
  static let whereabouts: PairFamily = {
    PairFamily(
      weight: 4,
      choices: [
        movables.count, 2 * ownedThings.count, spots.count, BeingTense.allCases.count, Form.count,
      ]
    ) { choice in
      let subject = FrenchSubject(
        FrenchNounPhrase(
          ownedThings[choice[1] / 2], movables[choice[0]], isPlural: choice[1] % 2 == 1))
      let spot = spots[choice[2]]
      return FrenchClause(
        subject, being(BeingTense.allCases[choice[3]], subject), spot.french, spot.english
      ).pair(Form.allCases[choice[4]])
    }
  }()

  /// As in "Où est la gare ?", "Où sont tes clés ?".
  static let whereIs: PairFamily = {
    let things = movables + Lexicon.places + Lexicon.companions
    return PairFamily(
      weight: 2, choices: [things.count, 2 * ownedThings.count, 2, 2]
    ) { choice in
      let isPlural = choice[1] % 2 == 1
      let determiner = ownedThings[choice[1] / 2]
      let noun = things[choice[0]]
      if Lexicon.places.contains(noun), determiner != .definite { return nil }
      let thing = FrenchNounPhrase(determiner, noun, isPlural: isPlural)
      let isPast = choice[2] == 1
      let french = isPast ? (isPlural ? "étaient" : "était") : (isPlural ? "sont" : "est")
      let english = isPast ? (isPlural ? "were" : "was") : (isPlural ? "are" : "is")
      let isPolite = choice[3] == 1
      return TaskPair(
        source: FrenchText.sentence(
          (isPolite ? ["bonjour", ","] : []) + ["où", french] + thing.french(isNegated: false)
            + ["?"]),
        target: EnglishText.sentence(
          (isPolite ? ["hello", ","] : []) + ["where", english] + thing.english + ["?"]))
    }
  }()

  /// As in "C'est mon livre", "Ce ne sont pas tes clés", "Est-ce ta voiture ?".
  static let identification: PairFamily = {
    let nouns =
      movables + Lexicon.snacks + Lexicon.furniture + Lexicon.companions
      + Lexicon.professions.map(\.masculine)
    let determiners = ownedThings.filter { $0 != .demonstrative } + [.indefinite]
    return PairFamily(
      weight: 3, choices: [nouns.count, 2 * determiners.count, 4]
    ) { choice in
      let isPlural = choice[1] % 2 == 1
      let thing = FrenchNounPhrase(determiners[choice[1] / 2], nouns[choice[0]], isPlural: isPlural)
      let isNegated = choice[2] % 2 == 1
      let isQuestion = choice[2] >= 2
      let verb = isPlural ? "sont" : "est"
      // "Ce" loses its e before "est" alone, and "des" stays: "ce n'est pas un chat".
      var french: [String]
      if isNegated {
        french = ["ce", "ne", verb, "pas"]
      } else {
        french = isPlural ? ["ce", "sont"] : ["c'est"]
      }
      if isQuestion { french = ["est-ce", "que"] + french }
      french += thing.french(isNegated: false)
      let subject = isPlural ? "these" : "this"
      let be = isPlural ? "are" : "is"
      let english =
        (isQuestion ? [be, subject] : [subject, be]) + (isNegated ? ["not"] : []) + thing.english
      return TaskPair(
        source: FrenchText.sentence(isQuestion ? french + ["?"] : french),
        target: EnglishText.sentence(isQuestion ? english + ["?"] : english))
    }
  }()
}
