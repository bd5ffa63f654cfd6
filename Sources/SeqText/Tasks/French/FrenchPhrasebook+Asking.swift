/// What somebody asks for.
extension FrenchPhrasebook {
  /// As in "Peux-tu ouvrir la fenêtre ?", "Il veut vendre sa voiture".
  static let abilities: PairFamily = {
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

  /// As in "Pourquoi es-tu triste ?", "Quand vas-tu vendre la voiture ?".
  static let reasons: PairFamily = {
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

  /// As in "Combien coûtent ces pommes ?".
  static let prices: PairFamily = {
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

  /// As in "Je voudrais un café, s'il vous plaît".
  static let requests: PairFamily = {
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

  /// As in "Merci beaucoup pour votre lettre".
  static let thanks: PairFamily = {
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
