/// A verb in person and tense, with its auxiliaries, in both languages.
struct VerbGroup: Sendable {
  /// What denial encloses and inversion moves.
  let finite: String
  /// A participle or an infinitive.
  let rest: [String]
  let english: English

  /// The English side: questions and denials move an auxiliary, or call for "do".
  struct English: Sendable {
    /// "am", "will" and the like; nil in simple tenses.
    var auxiliary: String?
    /// What follows the auxiliary.
    var rest: [String]
    /// Without auxiliary: the verb of a statement.
    var finite: [String]
    /// Without auxiliary: what takes its place.
    var doForm: String
    /// Without auxiliary: the verb that follows "do".
    var base: [String]

    static func auxiliary(_ auxiliary: String, _ rest: [String] = []) -> English {
      English(auxiliary: auxiliary, rest: rest, finite: [], doForm: "", base: [])
    }

    static func simple(_ finite: [String], doForm: String, base: [String]) -> English {
      English(auxiliary: nil, rest: [], finite: finite, doForm: doForm, base: base)
    }
  }

  /// A verb in the form its subject asks for.
  init(_ verb: FrenchVerb, _ tense: FrenchTense, _ subject: FrenchSubject) {
    let row = subject.person.rawValue
    let particle = verb.english.particle
    let infinitive = [verb.english.base] + particle
    switch tense {
    case .present:
      finite = verb.present[row]
      rest = []
      english = Self.englishPresent(verb.english, subject)
    case .past:
      finite = (verb.isPastWithEtre ? FrenchVerb.etre : .avoir).present[row]
      rest = [verb.isPastWithEtre ? Self.agreeing(verb.participle, subject) : verb.participle]
      english =
        verb.english == .be
        ? .auxiliary(subject.isEnglishThird || subject.person == .je ? "was" : "were")
        : .simple([verb.english.past] + particle, doForm: "did", base: infinitive)
    case .future:
      finite = verb.future(subject.person)
      rest = []
      english = .auxiliary("will", infinitive)
    case .nearFuture:
      finite = FrenchVerb.aller.present[row]
      rest = [verb.infinitive]
      english = .auxiliary(subject.englishBe, ["going", "to"] + infinitive)
    }
  }

  /// Able, willing or obliged to do something.
  init(_ modal: FrenchModal, _ verb: FrenchVerb, _ subject: FrenchSubject) {
    finite = modal.present[subject.person.rawValue]
    rest = [verb.infinitive]
    let infinitive = [verb.english.base] + verb.english.particle
    switch modal {
    case .pouvoir: english = .auxiliary("can", infinitive)
    case .vouloir:
      english = .simple(
        [subject.isEnglishThird ? "wants" : "want", "to"] + infinitive,
        doForm: subject.isEnglishThird ? "does" : "do", base: ["want", "to"] + infinitive)
    case .devoir: english = .auxiliary("must", infinitive)
    }
  }

  /// The imperfect of être and of avoir where English says "was" for it: "j'avais faim".
  init(imperfectOf verb: FrenchVerb, _ subject: FrenchSubject) {
    let ending = ["ais", "ais", "ait", "ions", "iez", "aient"][subject.person.rawValue]
    finite = (verb == .etre ? "ét" : "av") + ending
    rest = []
    english = .auxiliary(subject.isEnglishThird || subject.person == .je ? "was" : "were")
  }

  /// Another verb's French with the English of "be": "j'ai faim", "I am hungry".
  init(_ verb: FrenchVerb, asBeIn tense: FrenchTense, _ subject: FrenchSubject) {
    let group = VerbGroup(verb, tense, subject)
    finite = group.finite
    rest = group.rest
    english = VerbGroup(.etre, tense, subject).english
  }

  private static func englishPresent(_ verb: EnglishVerb, _ subject: FrenchSubject) -> English {
    if verb == .be { return .auxiliary(subject.englishBe) }
    if let progressive = verb.progressive {
      return .auxiliary(subject.englishBe, [progressive] + verb.particle)
    }
    let isThird = subject.isEnglishThird
    return .simple(
      [isThird ? verb.third : verb.base] + verb.particle, doForm: isThird ? "does" : "do",
      base: [verb.base] + verb.particle)
  }

  private static func agreeing(_ participle: String, _ subject: FrenchSubject) -> String {
    participle + (subject.gender == .feminine ? "e" : "") + (subject.isPlural ? "s" : "")
  }
}

/// Verbs that lean on an infinitive.
enum FrenchModal: CaseIterable, Hashable, Sendable {
  case pouvoir, vouloir, devoir

  /// For je, tu, il, nous, vous, ils.
  var present: [String] {
    switch self {
    case .pouvoir: ["peux", "peux", "peut", "pouvons", "pouvez", "peuvent"]
    case .vouloir: ["veux", "veux", "veut", "voulons", "voulez", "veulent"]
    case .devoir: ["dois", "dois", "doit", "devons", "devez", "doivent"]
    }
  }
}
