/// Who a sentence is about, in both languages.
struct FrenchSubject: Hashable, Sendable {
  /// The rows of a conjugation table.
  enum Person: Int, Hashable, Sendable { case je, tu, il, nous, vous, ils }

  let french: [String]
  let english: [String]
  let person: Person
  let gender: FrenchGender
  /// Of how many agreement speaks; "vous" may be one person.
  let isPlural: Bool
  /// Whether it stands for its person where nothing agrees with it; "je" spoken by a woman does
  /// not, for without agreement it would give the same sentences as spoken by a man.
  let isCanonical: Bool
  let isPronoun: Bool

  /// The pronoun after an inverted verb: "le chat dort-il".
  var pronoun: String {
    switch person {
    case .je: "je"
    case .tu: "tu"
    case .il: gender == .masculine ? "il" : "elle"
    case .nous: "nous"
    case .vous: "vous"
    case .ils: gender == .masculine ? "ils" : "elles"
    }
  }

  /// "am", "is" or "are".
  var englishBe: String {
    switch person {
    case .je: "am"
    case .il: "is"
    default: "are"
    }
  }

  /// Whether English verbs take their s.
  var isEnglishThird: Bool { person == .il }

  /// What belongs to the subject itself is "son", "sa" and "leur"; English asks whose it is.
  var englishPossessive: String {
    switch person {
    case .il: gender == .masculine ? "his" : "her"
    case .ils: "their"
    case .je: "my"
    case .tu, .vous: "your"
    case .nous: "our"
    }
  }

  private init(
    _ pronoun: String, _ english: String, _ person: Person, _ gender: FrenchGender = .masculine,
    isPlural: Bool = false, isCanonical: Bool = true
  ) {
    french = [pronoun]
    self.english = [english]
    self.person = person
    self.gender = gender
    self.isPlural = isPlural
    self.isCanonical = isCanonical
    isPronoun = true
  }

  /// A subject that is no pronoun, in the third person.
  init(_ phrase: FrenchNounPhrase) {
    french = phrase.french(isNegated: false)
    english = phrase.english
    person = phrase.isPlural ? .ils : .il
    gender = phrase.noun.gender
    isPlural = phrase.isPlural
    isCanonical = true
    isPronoun = false
  }

  /// A person by name.
  init(name: String, _ gender: FrenchGender) {
    french = [name]
    english = [name]
    person = .il
    self.gender = gender
    isPlural = false
    isCanonical = true
    isPronoun = false
  }

  /// All that an adjective or a participle can agree with.
  static let pronouns: [FrenchSubject] = [
    .init("je", "I", .je), .init("je", "I", .je, .feminine, isCanonical: false),
    .init("tu", "you", .tu), .init("tu", "you", .tu, .feminine, isCanonical: false),
    .init("il", "he", .il), .init("elle", "she", .il, .feminine),
    .init("nous", "we", .nous, isPlural: true),
    .init("nous", "we", .nous, .feminine, isPlural: true, isCanonical: false),
    .init("vous", "you", .vous), .init("vous", "you", .vous, .feminine, isCanonical: false),
    .init("vous", "you", .vous, isPlural: true, isCanonical: false),
    .init("vous", "you", .vous, .feminine, isPlural: true, isCanonical: false),
    .init("ils", "they", .ils, isPlural: true),
    .init("elles", "they", .ils, .feminine, isPlural: true),
  ]
}
