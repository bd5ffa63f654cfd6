/// A subject and what is said of it, from which statements and questions are made in both
/// languages.
struct FrenchClause: Sendable {
  /// Whether something is said, denied or asked, and how French asks it.
  enum Form: CaseIterable, Hashable, Sendable {
    case statement, negation
    /// "Est-ce que tu as un chat ?"
    case question
    /// "As-tu un chat ?"
    case inversion
    /// "Est-ce que tu n'as pas de chat ?"
    case negatedQuestion
    /// "N'as-tu pas de chat ?"
    case negatedInversion

    var isNegated: Bool { [.negation, .negatedQuestion, .negatedInversion].contains(self) }
    var isQuestion: Bool { self != .statement && self != .negation }
    var isInverted: Bool { self == .inversion || self == .negatedInversion }
  }

  let subject: FrenchSubject
  let verb: VerbGroup
  /// Whatever follows the verb; denial changes articles.
  let complement: @Sendable (_ isNegated: Bool) -> [String]
  let englishComplement: [String]

  init(
    _ subject: FrenchSubject, _ verb: VerbGroup, _ complement: [String], _ english: [String]
  ) {
    self.subject = subject
    self.verb = verb
    self.complement = { _ in complement }
    englishComplement = english
  }

  /// A verb with its object, and what stands after both.
  init(
    _ subject: FrenchSubject, _ verb: VerbGroup, object: FrenchNounPhrase,
    then end: (french: [String], english: [String]) = ([], [])
  ) {
    self.subject = subject
    self.verb = verb
    complement = { object.french(isNegated: $0) + end.french }
    englishComplement = object.english + end.english
  }

  /// The sentence in a form; nil where French has none, as an inverted "je" with most verbs.
  ///
  /// A question may begin with a word such as "où", "where".
  func pair(_ form: Form, asking: (french: [String], english: String)? = nil) -> TaskPair? {
    if form.isInverted, subject.person == .je { return nil }
    return TaskPair(
      source: FrenchText.sentence((asking?.french ?? []) + french(form)),
      target: EnglishText.sentence((asking.map { [$0.english] } ?? []) + english(form)))
  }

  private func french(_ form: Form) -> [String] {
    var words: [String] = []
    if form == .question || form == .negatedQuestion { words += ["est-ce", "que"] }
    if !form.isInverted || !subject.isPronoun { words += subject.french }
    let finite = form.isInverted ? inverted(verb.finite) : verb.finite
    words += form.isNegated ? ["ne", finite, "pas"] : [finite]
    words += verb.rest + complement(form.isNegated)
    return form.isQuestion ? words + ["?"] : words
  }

  /// "parles-tu", and with a t between two vowels "parle-t-il".
  private func inverted(_ verb: String) -> String {
    let needsT = subject.person == .il && !(verb.hasSuffix("t") || verb.hasSuffix("d"))
    return verb + (needsT ? "-t-" : "-") + subject.pronoun
  }

  private func english(_ form: Form) -> [String] {
    let end = englishComplement
    let group = verb.english
    if form == .statement {
      return subject.english + (group.auxiliary.map { [$0] + group.rest } ?? group.finite) + end
    }
    let auxiliary = group.auxiliary ?? group.doForm
    let rest = group.auxiliary == nil ? group.base : group.rest
    switch form {
    case .statement, .negation:
      let denial = auxiliary == "can" ? ["cannot"] : [auxiliary, "not"]
      return subject.english + denial + rest + end
    case .question, .inversion: return [auxiliary] + subject.english + rest + end + ["?"]
    case .negatedQuestion, .negatedInversion:
      return [auxiliary] + subject.english + ["not"] + rest + end + ["?"]
    }
  }
}
