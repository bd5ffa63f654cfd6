/// What somebody has and does.
extension FrenchPhrasebook {
  static let determiners: [FrenchDeterminer] = [
    .indefinite, .definite, .demonstrative, .possessive(.je), .possessive(.tu), .possessive(.il),
  ]

  /// An object with whatever may stand before it; nil for "son" where nobody in the sentence is
  /// its owner for certain.
  static func object(
    _ determiner: FrenchDeterminer, _ noun: FrenchNoun, isPlural: Bool,
    before: FrenchAdjective? = nil, after: FrenchAdjective? = nil, of subject: FrenchSubject
  ) -> FrenchNounPhrase? {
    if determiner == .possessive(.il), subject.person != .il, subject.person != .ils { return nil }
    return FrenchNounPhrase(
      determiner, noun, isPlural: isPlural, before: before, after: after, owner: subject)
  }

  /// As in "As-tu trois chiens ?".
  static let possessions: PairFamily = {
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

  /// As in "Elle porte une jolie robe rouge", "J'ai un vieil ordinateur".
  static let described: PairFamily = {
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

  static let acts: [(verb: FrenchVerb, noun: FrenchNoun)] = Lexicon.uses.flatMap { use in
    use.objects.map { (use.verb, $0) }
  }

  /// As in "Nous n'avons pas acheté de journal", "Vas-tu laver ta chemise ?".
  static let actions: PairFamily = {
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

  /// As in "Je ne bois pas de café".
  static let meals: PairFamily = {
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

  /// As in "Il déteste les chats": the article that English leaves out.
  static let tastes: PairFamily = {
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

  /// As in "Parlez-vous coréen ?", "J'apprends l'italien".
  static let languages: PairFamily = {
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
}
