/// When something happens, as far as the phrasebook goes.
enum FrenchTense: Hashable, Sendable, CaseIterable {
  case present
  /// Passé composé: "j'ai mangé", "I ate".
  case past
  /// Futur simple: "je mangerai", "I will eat".
  case future
  /// Futur proche: "je vais manger", "I am going to eat".
  case nearFuture
}

/// A verb with its translation, conjugated in both languages.
struct FrenchVerb: Hashable, Sendable {
  let infinitive: String
  /// For je, tu, il, nous, vous, ils.
  let present: [String]
  let participle: String
  let futureStem: String
  /// "être" forms the past with être, and the participle agrees with the subject.
  let isPastWithEtre: Bool
  let english: EnglishVerb

  /// A verb in -er conjugates regularly; others say their present, participle and future stem.
  init(
    _ infinitive: String, _ english: EnglishVerb, present: String? = nil,
    participle: String? = nil, futureStem: String? = nil, isPastWithEtre: Bool = false
  ) {
    self.infinitive = infinitive
    self.english = english
    self.isPastWithEtre = isPastWithEtre
    let stem = String(infinitive.dropLast(2))
    self.present =
      present?.split(separator: " ").map(String.init)
      ?? ["e", "es", "e", "ons", "ez", "ent"].map { stem + $0 }
    self.participle = participle ?? stem + "é"
    self.futureStem = futureStem ?? infinitive
  }

  func future(_ person: FrenchSubject.Person) -> String {
    futureStem + ["ai", "as", "a", "ons", "ez", "ont"][person.rawValue]
  }

  static let etre = FrenchVerb(
    "être", .be, present: "suis es est sommes êtes sont", participle: "été", futureStem: "ser")
  static let avoir = FrenchVerb(
    "avoir", EnglishVerb("have", "had", third: "has"), present: "ai as a avons avez ont",
    participle: "eu", futureStem: "aur")
  static let aller = FrenchVerb(
    "aller", EnglishVerb("go", "went", third: "goes", progressive: "going"),
    present: "vais vas va allons allez vont", futureStem: "ir", isPastWithEtre: true)
}

/// An English verb, with the preposition it needs before its object.
struct EnglishVerb: Hashable, Sendable {
  let base: String
  let past: String
  let third: String
  /// "looking" in "I am looking for it"; nil where the present is the simple one, "I see it".
  let progressive: String?
  /// "for" in "look for".
  let particle: [String]

  init(
    _ base: String, _ past: String, third: String? = nil, progressive: String? = nil,
    particle: String? = nil
  ) {
    self.base = base
    self.past = past
    self.third = third ?? EnglishText.withS(base)
    self.progressive = progressive
    self.particle = particle.map { [$0] } ?? []
  }

  static let be = EnglishVerb("be", "was", third: "is")
}
