import SeqText

/// A walk through every sentence of the French grammar, made once for all tests.
struct FrenchSurvey {
  var count = 0
  /// A number for every different source; two of a million are the same once in 10⁷ grammars.
  var hashes: Set<Int> = []
  /// What the grammar makes of the sentences below.
  var found: [String: String] = [:]

  static let whole: FrenchSurvey = {
    let wanted = Set(known.map(\.0))
    var survey = FrenchSurvey()
    for family in BuiltInTask.french.families {
      for number in 0..<family.count {
        guard let pair = family.pair(number) else { continue }
        survey.count += 1
        survey.hashes.insert(pair.source.hashValue)
        if wanted.contains(pair.source) { survey.found[pair.source] = pair.target }
      }
    }
    return survey
  }()

  /// Sentences with their translations; nil for what is not French.
  static let known: [(String, String?)] = [
    ("Je suis étudiant", "I am a student"), ("Je suis étudiante", "I am a student"),
    ("Je suis un étudiant", nil), ("Je ai faim", nil), ("J'ai faim", "I am hungry"),
    ("Êtes-vous professeurs ?", "Are you teachers?"),
    ("Elle n'est pas avocate", "She is not a lawyer"),
    ("Ma mère est-elle très fatiguée ?", "Is my mother very tired?"),
    ("Vous êtes heureuses", "You are happy"), ("Est-ce qu'Anne est heureuse ?", "Is Anne happy?"),
    ("N'as-tu pas de clé ?", "Do you not have a key?"),
    ("Il cherche son chat", "He is looking for his cat"),
    ("Elle cherche son chat", "She is looking for her cat"),
    ("A-t-il mangé cet œuf ?", "Did he eat this egg?"),
    ("Elles sont allées au marché hier", "They went to the market yesterday"),
    ("Tu vas à l'école", "You are going to the school"),
    ("Je viens des Pays-Bas", "I come from the Netherlands"),
    ("Nous habitons aux États-Unis", "We live in the United States"),
    ("Il ne boit pas d'eau", "He does not drink water"),
    ("Je bois de l'eau", "I drink water"), ("J'aime les chats", "I like cats"),
    ("J'ai un vieil ordinateur", "I have an old computer"),
    ("Elle a de belles robes rouges", "She has beautiful red dresses"),
    ("Y a-t-il un chat sous le lit ?", "Is there a cat under the bed?"),
    ("Il n'y a pas de livres sur la table", "There are no books on the table"),
    ("Écris-tu cette lettre ?", "Are you writing this letter?"),
    ("Ne peut-elle pas ouvrir la porte ?", "Can she not open the door?"),
    ("Nous ne pouvons pas lire ce journal", "We cannot read this newspaper"),
    ("Ce n'est pas ma montre", "This is not my watch"),
    ("Ce sont des médecins", "These are doctors"),
    ("Il a vingt et un ans", "He is twenty-one years old"),
    ("S'appelle-t-elle Marie ?", "Is her name Marie?"),
    ("Je voudrais une pomme, s'il vous plaît", "I would like an apple, please"),
    ("Combien coûtent ces pommes ?", "How much do these apples cost?"),
    ("Les journalistes étaient prêts", "The journalists were ready"),
    ("Mon amie est seule", "My friend is alone"),
  ]
}
