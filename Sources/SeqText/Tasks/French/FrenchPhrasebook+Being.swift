/// What somebody is, feels and is called.
extension FrenchPhrasebook {
  enum BeingTense: CaseIterable { case present, imperfect, future }

  static func being(_ tense: BeingTense, _ subject: FrenchSubject) -> VerbGroup {
    switch tense {
    case .present: VerbGroup(.etre, .present, subject)
    case .imperfect: VerbGroup(imperfectOf: .etre, subject)
    case .future: VerbGroup(.etre, .future, subject)
    }
  }

  /// As in "Je suis étudiant": no article in French, one in English.
  static let professions: PairFamily = {
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
  static func isDistinct(
    _ subject: FrenchSubject, _ form: String, masculine: String, plural: String
  ) -> Bool {
    if subject.isCanonical { return true }
    if subject.gender == .masculine { return form != masculine }
    // "vous": one man, one woman, several men, in this order.
    if subject.person == .vous, subject.isPlural { return form != masculine && form != plural }
    return form != (subject.isPlural ? plural : masculine)
  }

  static func isDistinct(_ subject: FrenchSubject, _ adjective: FrenchAdjective) -> Bool {
    isDistinct(
      subject, adjective.french(subject.gender, isPlural: subject.isPlural),
      masculine: adjective.masculine, plural: adjective.french(.masculine, isPlural: true))
  }

  /// An adjective as it may be said of somebody: "très fatigué", "souvent malade".
  struct Quality {
    let adjective: FrenchAdjective
    let adverb: (french: String, english: String)?
    let isFrequency: Bool
  }

  static let qualities: [Quality] = {
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

  /// As in "Ma sœur n'est pas très heureuse".
  static let states: PairFamily = {
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

  /// As in "J'ai faim": having in French, being in English.
  static let feelings: PairFamily = {
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

  /// As in "Elle a vingt-deux ans".
  static let ages: PairFamily = {
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

  /// As in "Je m'appelle Paul", "S'appelle-t-elle Anne ?".
  static let names: PairFamily = {
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
}
