import SeqText

/// A walk through the French grammar, made once for all tests: small patterns wholly, of large ones
/// every so-manieth sentence, and the first of the test fold.
struct FrenchSurvey {
  /// Sentences of the walk through the patterns.
  var count = 0
  /// A number for every different source among them.
  var hashes: Set<Int> = []
  /// What the grammar makes of the sentences below.
  var found: [String: String] = [:]

  static let whole: FrenchSurvey = {
    let wanted = Set(known.map(\.0))
    var survey = FrenchSurvey()
    func look(at pair: TaskPair) {
      if wanted.contains(pair.source) { survey.found[pair.source] = pair.target }
    }
    for family in BuiltInTask.french.families() {
      for number in stride(from: 0, to: family.count, by: family.count / 60_000 + 1) {
        guard let pair = family.pair(number) else { continue }
        survey.count += 1
        survey.hashes.insert(pair.source.hashValue)
        look(at: pair)
      }
    }
    if let unseen = try? BuiltInTask.french.pairs(.test, count: 3000) { unseen.forEach(look) }
    return survey
  }()

  /// Sentences with their translations; nil for what is not French.
  static let known: [(String, String?)] = [
    ("Je suis étudiant", "I am a student"), ("Je suis étudiante", "I am a student"),
    ("Je suis un étudiant", nil), ("Je ai faim", nil), ("J'ai faim", "I am hungry"),
    ("Êtes-vous professeurs ?", "Are you teachers?"),
    ("Elle n'est pas avocate", "She is not a lawyer"),
    ("Est-ce qu'Anne n'est pas professeure ?", "Is Anne not a teacher?"),
    ("Les journalistes n'étaient pas si inquiets", "The journalists were not so worried"),
    ("Mon frère ne trouve pas son ordinateur", "My brother does not find his computer"),
    ("Elle prend son histoire", "She takes her story"),
    ("Ils ne veulent pas chercher leur vélo", "They do not want to look for their bicycle"),
    ("Est-ce que nous n'avons pas cherché cet oiseau ?", "Did we not look for this bird?"),
    ("Cherchent-elles un nouvel ordinateur rouge ?", "Are they looking for a new red computer?"),
    ("Est-ce qu'il a le bel ordinateur bleu ?", "Does he have the beautiful blue computer?"),
    ("Je n'ai pas de belles voitures grises", "I do not have beautiful gray cars"),
    ("A-t-elle de vieux stylos noirs ?", "Does she have old black pens?"),
    ("Ne peuvent-elles pas vendre tes billets ?", "Can they not sell your tickets?"),
    ("Nous ne pouvons pas voir cette image", "We cannot see this picture"),
    ("Êtes-vous allées à Avignon la semaine dernière ?", "Did you go to Avignon last week?"),
    ("Nous habitons aux États-Unis", "We live in the United States"),
    ("Il ne boit pas d'eau", "He does not drink water"),
    ("Je bois de l'eau", "I drink water"), ("J'aime les chats", "I like cats"),
    ("Y a-t-il un chat sous le lit ?", "Is there a cat under the bed?"),
    ("Il n'y a pas de livres sur la table", "There are no books on the table"),
    ("Ce n'est pas ma montre", "This is not my watch"),
    ("Ce sont des médecins", "These are doctors"),
    ("Il a vingt et un ans", "He is twenty-one years old"),
    ("S'appelle-t-elle Marie ?", "Is her name Marie?"),
    ("Je voudrais une pomme, s'il vous plaît", "I would like an apple, please"),
    ("Combien coûtent ces pommes ?", "How much do these apples cost?"),
    ("Bonjour, où est la gare ?", "Hello, where is the station?"),
  ]
}
