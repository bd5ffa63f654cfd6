/// Sentence patterns that together make up the French task.
///
/// Every pattern is a family of pairs: independent choices of words, and a sentence for each
/// combination that makes one. Patterns are weighted by what they teach, not by their size.
enum FrenchPhrasebook {
  typealias Form = FrenchClause.Form
  private typealias Lexicon = FrenchLexicon

  static let families: [PairFamily] = [
    professions, states, feelings, ages, names, possessions, described, actions, meals, tastes,
    languages, journeys, residences, existence, whereabouts, whereIs, identification, abilities,
    reasons, prices, requests, thanks,
  ]

  // MARK: Subjects

  private static let pronouns = FrenchSubject.pronouns
  private static let plainPronouns = pronouns.filter(\.isCanonical)

  /// "mon frère", "les étudiantes", "cette architecte", "Marie".
  private static let people = named + relatives + workers

  private static let named = Lexicon.names.map { FrenchSubject(name: $0.name, $0.gender) }

  private static let relatives: [FrenchSubject] = Lexicon.relations.flatMap { noun in
    [FrenchSubject.Person.je, .tu, .nous, .vous].flatMap { owner in
      (Lexicon.parents.contains(noun) ? [false] : [false, true]).map {
        FrenchSubject(FrenchNounPhrase(.possessive(owner), noun, isPlural: $0))
      }
    }
  }

  private static let workers: [FrenchSubject] = {
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
  private static let someone: [FrenchSubject] =
    plainPronouns + named.prefix(2) + every(13, of: relatives) + every(29, of: workers)

  private static func every(_ step: Int, of subjects: [FrenchSubject]) -> [FrenchSubject] {
    stride(from: 0, to: subjects.count, by: step).map { subjects[$0] }
  }

  /// Without phrases that read like one before them: "les journalistes" may be men or women.
  private static func distinct(_ phrases: [FrenchNounPhrase]) -> [FrenchNounPhrase] {
    var seen: Set<String> = []
    return phrases.filter {
      seen.insert(FrenchText.sentence($0.french(isNegated: false))).inserted
    }
  }

  // MARK: Being

  private enum BeingTense: CaseIterable { case present, imperfect, future }

  private static func being(_ tense: BeingTense, _ subject: FrenchSubject) -> VerbGroup {
    switch tense {
    case .present: VerbGroup(.etre, .present, subject)
    case .imperfect: VerbGroup(imperfectOf: .etre, subject)
    case .future: VerbGroup(.etre, .future, subject)
    }
  }

  /// "Je suis étudiant": no article in French, one in English.
  private static let professions: PairFamily = {
    let subjects = pronouns + named + every(5, of: relatives)
    return PairFamily(
      weight: 10,
      choices: [subjects.count, Lexicon.professions.count, BeingTense.allCases.count, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let profession = Lexicon.professions[choice[1]]
      let noun = profession.noun(subject.gender)
      let french = noun.french(isPlural: subject.isPlural)
      // A form that does not tell genders apart belongs to the subject that stands for both.
      if !isDistinct(
        subject, french, masculine: profession.masculine.singular,
        plural: profession.masculine.plural)
      {
        return nil
      }
      let english = noun.english(isPlural: subject.isPlural)
      return FrenchClause(
        subject, being(BeingTense.allCases[choice[2]], subject), [french],
        subject.isPlural ? [english] : ["a", english]
      ).pair(Form.allCases[choice[3]])
    }
  }()

  /// Whether an agreeing word makes this subject's sentence another than those of the subjects
  /// before it in the list that are spelled alike: "je" of a man, "vous" of one.
  private static func isDistinct(
    _ subject: FrenchSubject, _ form: String, masculine: String, plural: String
  ) -> Bool {
    if subject.isCanonical { return true }
    if subject.gender == .masculine { return form != masculine }
    // "vous": one man, one woman, several men, in this order.
    if subject.person == .vous, subject.isPlural { return form != masculine && form != plural }
    return form != (subject.isPlural ? plural : masculine)
  }

  private static func isDistinct(_ subject: FrenchSubject, _ adjective: FrenchAdjective) -> Bool {
    isDistinct(
      subject, adjective.french(subject.gender, isPlural: subject.isPlural),
      masculine: adjective.masculine, plural: adjective.french(.masculine, isPlural: true))
  }

  /// An adjective as it may be said of somebody: "très fatigué", "souvent malade".
  private struct Quality {
    let adjective: FrenchAdjective
    let adverb: (french: String, english: String)?
    let isFrequency: Bool
  }

  private static let qualities: [Quality] = {
    typealias L = FrenchLexicon
    let plain = L.moods + L.characters + L.conditions
    let degrees = (L.moods + L.characters).flatMap { adjective in
      L.degrees.map { Quality(adjective: adjective, adverb: $0, isFrequency: false) }
    }
    let frequencies = L.moods.flatMap { adjective in
      L.frequencies.map { Quality(adjective: adjective, adverb: $0, isFrequency: true) }
    }
    return plain.map { Quality(adjective: $0, adverb: nil, isFrequency: false) } + degrees
      + frequencies
  }()

  /// "Ma sœur n'est pas très heureuse."
  private static let states: PairFamily = {
    let subjects = pronouns + people
    return PairFamily(
      weight: 14, choices: [subjects.count, qualities.count, BeingTense.allCases.count, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let quality = qualities[choice[1]]
      let tense = BeingTense.allCases[choice[2]]
      // English would part the verb: "will always be".
      if quality.isFrequency, tense == .future { return nil }
      guard isDistinct(subject, quality.adjective) else { return nil }
      let form = quality.adjective.french(subject.gender, isPlural: subject.isPlural)
      return FrenchClause(
        subject, being(tense, subject), [quality.adverb?.french, form].compactMap { $0 },
        [quality.adverb?.english, quality.adjective.english].compactMap { $0 }
      ).pair(Form.allCases[choice[3]])
    }
  }()

  /// "J'ai faim": having in French, being in English.
  private static let feelings: PairFamily = {
    let feelings = [
      ("faim", "hungry"), ("soif", "thirsty"), ("froid", "cold"), ("chaud", "hot"),
      ("peur", "afraid"), ("sommeil", "sleepy"), ("raison", "right"), ("tort", "wrong"),
    ]
    let subjects = someone
    return PairFamily(weight: 4, choices: [subjects.count, feelings.count, 2, Form.count]) {
      choice in
      let subject = subjects[choice[0]]
      let feeling = feelings[choice[1]]
      let verb =
        choice[2] == 0
        ? VerbGroup(.avoir, asBeIn: .present, subject) : VerbGroup(imperfectOf: .avoir, subject)
      return FrenchClause(subject, verb, [feeling.0], [feeling.1]).pair(Form.allCases[choice[3]])
    }
  }()

  /// "Elle a vingt-deux ans."
  private static let ages: PairFamily = {
    let subjects = someone
    return PairFamily(weight: 3, choices: [subjects.count, Lexicon.ages.count, Form.count]) {
      choice in
      let subject = subjects[choice[0]]
      let age = Lexicon.ages[choice[1]]
      return FrenchClause(
        subject, VerbGroup(.avoir, asBeIn: .present, subject), [age.french, "ans"],
        [age.english, "years", "old"]
      ).pair(Form.allCases[choice[2]])
    }
  }()

  /// "Je m'appelle Paul", "S'appelle-t-elle Anne ?"
  private static let names: PairFamily = {
    let speakers = plainPronouns.filter { $0.person != .nous && $0.person != .ils }
    let reflexives: [FrenchSubject.Person: String] = [
      .je: "me", .tu: "te", .vous: "vous", .il: "se",
    ]
    return PairFamily(
      weight: 1, choices: [speakers.count, Lexicon.names.count, Form.count]
    ) { choice in
      let subject = speakers[choice[0]]
      let form = Form.allCases[choice[2]]
      if form.isInverted, subject.person == .je { return nil }
      let (name, gender) = Lexicon.names[choice[1]]
      if subject.person == .il, subject.gender != gender { return nil }
      let reflexive = reflexives[subject.person] ?? "se"
      let finite = Lexicon.appeler.present[subject.person.rawValue]
      let t = subject.person == .il ? "-t-" : "-"
      var french: [String] = []
      if form.isQuestion, !form.isInverted { french += ["est-ce", "que"] }
      if !form.isInverted { french += subject.french }
      if form.isNegated { french.append("ne") }
      french += [reflexive, form.isInverted ? finite + t + subject.pronoun : finite]
      if form.isNegated { french.append("pas") }
      french.append(name)
      if form.isQuestion { french.append("?") }
      let whose = [subject.englishPossessive, "name"]
      let denial = form.isNegated ? ["not"] : []
      let english =
        form.isQuestion ? ["is"] + whose + denial + [name, "?"] : whose + ["is"] + denial + [name]
      return TaskPair(source: FrenchText.sentence(french), target: EnglishText.sentence(english))
    }
  }()

  // MARK: Having and doing

  private static let determiners: [FrenchDeterminer] = [
    .indefinite, .definite, .demonstrative, .possessive(.je), .possessive(.tu), .possessive(.il),
  ]

  /// An object with whatever may stand before it; nil for "son" where nobody in the sentence is
  /// its owner for certain.
  private static func object(
    _ determiner: FrenchDeterminer, _ noun: FrenchNoun, isPlural: Bool,
    before: FrenchAdjective? = nil, after: FrenchAdjective? = nil, of subject: FrenchSubject
  ) -> FrenchNounPhrase? {
    if determiner == .possessive(.il), subject.person != .il, subject.person != .ils { return nil }
    return FrenchNounPhrase(
      determiner, noun, isPlural: isPlural, before: before, after: after, owner: subject)
  }

  /// "As-tu trois chiens ?"
  private static let possessions: PairFamily = {
    let nouns =
      Lexicon.belongings + Lexicon.clothes + Lexicon.animals + Lexicon.snacks + Lexicon.readings
    let counts = Lexicon.numbers.map {
      FrenchDeterminer.number(french: $0.french, english: $0.english)
    }
    let choices = (determiners + counts).flatMap { determiner in
      [false, true].map { (determiner, isPlural: $0) }
    }
    .filter { choice in
      if case .number = choice.0 { return choice.isPlural }
      return true
    }
    let tenses: [FrenchTense] = [.present, .future]
    return PairFamily(
      weight: 6, choices: [someone.count, nouns.count, choices.count, tenses.count, Form.count]
    ) { choice in
      let subject = someone[choice[0]]
      let (determiner, isPlural) = choices[choice[2]]
      guard
        let object = object(determiner, nouns[choice[1]], isPlural: isPlural, of: subject)
      else { return nil }
      return FrenchClause(
        subject, VerbGroup(.avoir, tenses[choice[3]], subject), object: object
      ).pair(Form.allCases[choice[4]])
    }
  }()

  /// "Elle porte une jolie robe rouge", "J'ai un vieil ordinateur."
  private static let described: PairFamily = {
    let things =
      Lexicon.clothes
      + Lexicon.belongings.filter { ["voiture", "vélo", "sac", "stylo"].contains($0.singular) }
      + Lexicon.belongings.filter { ["ordinateur", "parapluie", "valise"].contains($0.singular) }
      + Lexicon.animals.filter { ["chat", "oiseau", "cheval"].contains($0.singular) }
    let verbs: [FrenchVerb] = [.avoir, Lexicon.voir, Lexicon.chercher]
    let before: [FrenchAdjective?] = [nil] + Lexicon.adjectivesBefore
    let after: [FrenchAdjective?] = [nil] + Lexicon.adjectivesAfter
    let furs = Lexicon.adjectivesAfter.filter { ["noir", "blanc", "gris"].contains($0.masculine) }
    let determiners: [FrenchDeterminer] = [.indefinite, .definite]
    return PairFamily(
      weight: 12,
      choices: [
        plainPronouns.count, verbs.count, things.count, before.count, after.count,
        2 * determiners.count, Form.count,
      ]
    ) { choice in
      let (first, second) = (before[choice[3]], after[choice[4]])
      if first == nil, second == nil { return nil }
      let noun = things[choice[2]]
      // No blue cats.
      if let second, Lexicon.animals.contains(noun), !furs.contains(second) { return nil }
      let subject = plainPronouns[choice[0]]
      guard
        let object = object(
          determiners[choice[5] / 2], noun, isPlural: choice[5] % 2 == 1,
          before: first, after: second, of: subject)
      else { return nil }
      return FrenchClause(
        subject, VerbGroup(verbs[choice[1]], .present, subject), object: object
      ).pair(Form.allCases[choice[6]])
    }
  }()

  private static let acts: [(verb: FrenchVerb, noun: FrenchNoun)] = Lexicon.uses.flatMap { use in
    use.objects.map { (use.verb, $0) }
  }

  /// "Nous n'avons pas acheté de journal", "Vas-tu laver ta chemise ?"
  private static let actions: PairFamily = {
    let tenses = FrenchTense.allCases
    return PairFamily(
      weight: 16,
      choices: [
        someone.count, acts.count, 2 * determiners.count, tenses.count, Form.count,
      ]
    ) { choice in
      let subject = someone[choice[0]]
      let (verb, noun) = acts[choice[1]]
      guard
        let object = object(
          determiners[choice[2] / 2], noun, isPlural: choice[2] % 2 == 1, of: subject)
      else { return nil }
      return FrenchClause(
        subject, VerbGroup(verb, tenses[choice[3]], subject), object: object
      ).pair(Form.allCases[choice[4]])
    }
  }()

  /// "Je ne bois pas de café."
  private static let meals: PairFamily = {
    let meals =
      Lexicon.foods.map { (Lexicon.manger, $0) } + Lexicon.drinks.map { (Lexicon.boire, $0) }
      + (Lexicon.foods + Lexicon.drinks).flatMap { [(Lexicon.acheter, $0), (Lexicon.prendre, $0)] }
    let tenses = FrenchTense.allCases
    let subjects = someone
    return PairFamily(
      weight: 7, choices: [subjects.count, meals.count, tenses.count, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let (verb, noun) = meals[choice[1]]
      return FrenchClause(
        subject, VerbGroup(verb, tenses[choice[2]], subject),
        object: FrenchNounPhrase(.partitive, noun)
      ).pair(Form.allCases[choice[3]])
    }
  }()

  /// "Il déteste les chats": the article that English leaves out.
  private static let tastes: PairFamily = {
    let objects =
      (Lexicon.foods + Lexicon.drinks + Lexicon.pastimes).map { FrenchNounPhrase(.definite, $0) }
      + (Lexicon.animals + Lexicon.snacks).map { FrenchNounPhrase(.definite, $0, isPlural: true) }
    let verbs = [Lexicon.aimer, Lexicon.adorer, Lexicon.detester, Lexicon.preferer]
    let subjects = someone
    return PairFamily(
      weight: 5, choices: [subjects.count, verbs.count, objects.count, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let object = objects[choice[2]]
      return FrenchClause(
        subject, VerbGroup(verbs[choice[1]], .present, subject), object.french(isNegated: false),
        [object.noun.english(isPlural: object.isPlural)]
      ).pair(Form.allCases[choice[3]])
    }
  }()

  /// "Parlez-vous coréen ?", "J'apprends l'italien."
  private static let languages: PairFamily = {
    let verbs = [Lexicon.parler, Lexicon.apprendre, Lexicon.comprendre]
    let tenses: [FrenchTense] = [.present, .future, .nearFuture]
    let subjects = someone
    return PairFamily(
      weight: 4,
      choices: [subjects.count, verbs.count, Lexicon.languages.count, tenses.count, Form.count]
    ) { choice in
      let subject = subjects[choice[0]]
      let verb = verbs[choice[1]]
      let language = Lexicon.languages[choice[2]]
      return FrenchClause(
        subject, VerbGroup(verb, tenses[choice[3]], subject),
        (verb == Lexicon.parler ? [] : ["le"]) + [language.singular], [language.english]
      ).pair(Form.allCases[choice[4]])
    }
  }()

  // MARK: Going and being somewhere

  /// Where one goes or comes from, the preposition included.
  private struct Direction {
    let to: [String]
    let from: [String]
    let english: [String]
  }

  private static let directions: [Direction] =
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

  private static let times: [FrenchTense: [(french: [String], english: [String])]] = [
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

  /// "Elles sont allées au marché hier", "Viens-tu du Japon ?"
  private static let journeys: PairFamily = {
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

  /// "J'habite en Corée", "N'habites-tu pas à Paris ?"
  private static let residences: PairFamily = {
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
  private static let spots: [(french: [String], english: [String])] = {
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

  private static let movables =
    Lexicon.belongings.filter { !["voiture", "vélo"].contains($0.singular) } + Lexicon.clothes
    + Lexicon.animals.filter { !["cheval", "vache"].contains($0.singular) } + Lexicon.readings

  /// "Il n'y a pas de chat sous le lit."
  private static let existence: PairFamily = {
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

  private static let ownedThings: [FrenchDeterminer] = [
    .definite, .demonstrative, .possessive(.je), .possessive(.tu), .possessive(.vous),
  ]

  /// "Mes clés sont-elles sur la table ?"
  private static let whereabouts: PairFamily = {
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

  /// "Où est la gare ?", "Où sont tes clés ?"
  private static let whereIs: PairFamily = {
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

  /// "C'est mon livre", "Ce ne sont pas tes clés", "Est-ce ta voiture ?"
  private static let identification: PairFamily = {
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

  // MARK: Asking

  /// "Peux-tu ouvrir la fenêtre ?", "Il veut vendre sa voiture."
  private static let abilities: PairFamily = {
    PairFamily(
      weight: 7,
      choices: [
        plainPronouns.count, FrenchModal.allCases.count, acts.count, 2 * determiners.count,
        Form.count,
      ]
    ) { choice in
      let subject = plainPronouns[choice[0]]
      let (verb, noun) = acts[choice[2]]
      guard
        let object = object(
          determiners[choice[3] / 2], noun, isPlural: choice[3] % 2 == 1, of: subject)
      else { return nil }
      return FrenchClause(
        subject, VerbGroup(FrenchModal.allCases[choice[1]], verb, subject), object: object
      ).pair(Form.allCases[choice[4]])
    }
  }()

  /// "Pourquoi es-tu triste ?", "Quand vas-tu vendre la voiture ?"
  private static let reasons: PairFamily = {
    let words = [(["pourquoi"], "why"), (["quand"], "when"), (["où"], "where")]
    let tenses: [FrenchTense] = [.past, .future, .nearFuture]
    let determiners: [FrenchDeterminer] = [.definite, .demonstrative, .possessive(.tu)]
    return PairFamily(
      weight: 5,
      choices: [
        plainPronouns.count, words.count, acts.count, determiners.count, tenses.count, 2,
      ]
    ) { choice in
      let subject = plainPronouns[choice[0]]
      let (verb, noun) = acts[choice[2]]
      return FrenchClause(
        subject, VerbGroup(verb, tenses[choice[4]], subject),
        object: FrenchNounPhrase(determiners[choice[3]], noun)
      ).pair(choice[5] == 0 ? .question : .inversion, asking: words[choice[1]])
    }
  }()

  /// "Combien coûtent ces pommes ?"
  private static let prices: PairFamily = {
    let goods = Lexicon.belongings + Lexicon.clothes + Lexicon.snacks + Lexicon.readings
    let adjectives: [FrenchAdjective?] = [nil] + Lexicon.adjectivesBefore
    return PairFamily(
      weight: 2, choices: [goods.count, 4, adjectives.count, 2]
    ) { choice in
      let isPlural = choice[1] % 2 == 1
      let thing = FrenchNounPhrase(
        choice[1] < 2 ? .definite : .demonstrative, goods[choice[0]], isPlural: isPlural,
        before: adjectives[choice[2]])
      let isPolite = choice[3] == 1
      return TaskPair(
        source: FrenchText.sentence(
          (isPolite ? ["bonjour", ","] : []) + ["combien", isPlural ? "coûtent" : "coûte"]
            + thing.french(isNegated: false) + ["?"]),
        target: EnglishText.sentence(
          (isPolite ? ["hello", ","] : []) + ["how", "much", isPlural ? "do" : "does"]
            + thing.english + ["cost", "?"]))
    }
  }()

  /// "Je voudrais un café, s'il vous plaît."
  private static let requests: PairFamily = {
    let nouns = Lexicon.snacks + Lexicon.belongings + Lexicon.clothes + Lexicon.readings
    let things =
      nouns.flatMap { noun in
        [FrenchNounPhrase(.indefinite, noun), FrenchNounPhrase(.demonstrative, noun)]
          + Lexicon.numbers.map {
            FrenchNounPhrase(
              .number(french: $0.french, english: $0.english), noun, isPlural: true)
          }
      } + (Lexicon.foods + Lexicon.drinks).map { FrenchNounPhrase(.partitive, $0) }
    return PairFamily(weight: 3, choices: [2, things.count, 2, 2]) { choice in
      let isPlural = choice[0] == 1
      let thing = things[choice[1]]
      let isPolite = choice[2] == 1
      let please = choice[3] == 1
      return TaskPair(
        source: FrenchText.sentence(
          (isPolite ? ["bonjour", ","] : [])
            + (isPlural ? ["nous", "voudrions"] : ["je", "voudrais"])
            + thing.french(isNegated: false) + (please ? [",", "s'il", "vous", "plaît"] : [])),
        target: EnglishText.sentence(
          (isPolite ? ["hello", ","] : []) + [isPlural ? "we" : "I", "would", "like"]
            + thing.english + (please ? [",", "please"] : [])))
    }
  }()

  /// "Merci beaucoup pour votre lettre."
  private static let thanks: PairFamily = {
    let nouns =
      Lexicon.readings
      + Lexicon.belongings.filter {
        ["cadeau", "fleur", "photo", "billet", "livre"].contains($0.singular)
      } + Lexicon.snacks
    let determiners: [FrenchDeterminer] = [
      .definite, .demonstrative, .possessive(.tu), .possessive(.vous),
    ]
    return PairFamily(
      weight: 1, choices: [nouns.count, 2 * determiners.count, 2]
    ) { choice in
      let thing = FrenchNounPhrase(
        determiners[choice[1] / 2], nouns[choice[0]], isPlural: choice[1] % 2 == 1)
      let isMuch = choice[2] == 1
      return TaskPair(
        source: FrenchText.sentence(
          ["merci"] + (isMuch ? ["beaucoup"] : []) + ["pour"] + thing.french(isNegated: false)),
        target: EnglishText.sentence(
          ["thank", "you"] + (isMuch ? ["very", "much"] : []) + ["for"] + thing.english))
    }
  }()
}

extension FrenchClause.Form {
  static var count: Int { allCases.count }
}
