import SeqText
import Testing

@Suite struct FrenchTests {
  /// As many as a large corpus would have, of every pattern.
  private static let pairs = try? Array(BuiltInTask.french.pairs(.train, count: 60_000))

  private static let vowels = Set("aeiouyhàâäéèêëîïôöùûüœæAEIOUYHÀÂÉÈÊÎÔŒ")

  /// The words of a sentence, elided ones with their apostrophe: "qu'", "il".
  private static func words(_ text: String) -> [String] {
    text.split(separator: " ").flatMap { part -> [String] in
      let pieces = part.split(separator: "'", omittingEmptySubsequences: false)
      return pieces.enumerated().map { $0 < pieces.count - 1 ? "\($1)'" : String($1) }
    }
    .map { $0.hasSuffix(",") ? String($0.dropLast()) : $0 }
    .filter { !$0.isEmpty }
  }

  @Test("At least 50,000 different pairs for training, from at least 150 French words")
  func size() throws {
    let pairs = try #require(Self.pairs)
    #expect(pairs.count == 60_000)
    #expect(Set(pairs.map { Array($0.source.utf8) }).count == pairs.count)
    #expect(Set(pairs.flatMap { Self.words($0.source.lowercased()) }).count >= 500)
    #expect(Set(pairs.flatMap { Self.words($0.target.lowercased()) }).count >= 150)
  }

  @Test("No sentence of the grammar is made twice")
  func uniqueness() {
    let survey = FrenchSurvey.whole
    #expect(survey.count > 400_000)
    #expect(survey.hashes.count == survey.count)
  }

  @Test("Je suis étudiant is for testing alone; others may say it of themselves")
  func withheld() throws {
    let french = BuiltInTask.french
    #expect(french.withheldSource == "Je suis étudiant")
    #expect(french.fold(ofSource: "Je suis étudiant") == .test)
    let family = try #require(french.families().first)
    let all = (0..<family.count).compactMap { family.pair($0) }
    #expect(all.contains(TaskPair(source: "Je suis étudiant", target: "I am a student")))
    #expect(all.contains(TaskPair(source: "Je suis étudiante", target: "I am a student")))
    for seed in 1...3 {
      let pairs = try french.pairs(.train, count: 30_000, seed: UInt64(seed))
      #expect(!pairs.contains { $0.source == "Je suis étudiant" })
      #expect(pairs.contains { $0.source.contains("tudiant") })
    }
  }

  /// The sentences for which something is wrong; the first few are enough for a message.
  private static func offenders(_ isWrong: (TaskPair) -> Bool) throws -> [String] {
    try #require(pairs).lazy.filter(isWrong).prefix(5).map { "\($0.source) → \($0.target)" }
  }

  @Test("Elision and contraction are never missed, and never made where they must not be")
  func spelling() throws {
    let elidable: Set = ["je", "ne", "de", "que", "le", "la", "me", "te", "se"]
    let beforeConsonants: Set = ["ma", "ta", "sa", "ce", "beau", "nouveau"]
    let beforeVowels: Set = ["cet", "bel", "nouvel", "vieil"]
    let offenders = try Self.offenders { pair in
      let words = Self.words(pair.source)
      return zip(words, words.dropFirst()).contains { word, next in
        let isVowel = next.first.map { Self.vowels.contains($0) } ?? false
        let word = word.lowercased()
        if elidable.contains(word) || beforeConsonants.contains(word), isVowel { return true }
        if word.hasSuffix("'") || beforeVowels.contains(word), !isVowel { return true }
        return ["de", "à"].contains(word) && ["le", "les"].contains(next)
      }
    }
    #expect(offenders == [])
  }

  @Test("Questions end in a mark on both sides, statements in none")
  func marks() throws {
    let offenders = try Self.offenders { pair in
      pair.source.hasSuffix(" ?") != pair.target.hasSuffix("?") || pair.source.hasSuffix(".")
        || pair.target.hasSuffix(" ?") || pair.target.contains(" ,")
        || pair.source.first?.isUppercase != true || pair.target.first?.isUppercase != true
    }
    #expect(offenders == [])
  }

  @Test("Denial has both its halves, and English its not, no or cannot")
  func negation() throws {
    let halves: Set = ["ne", "n'", "Ne", "N'"]
    func isNegated(_ pair: TaskPair) -> Bool { !halves.isDisjoint(with: Self.words(pair.source)) }
    let offenders = try Self.offenders { pair in
      let english = pair.target.split { " ?,".contains($0) }
      let isDenied = isNegated(pair)
      return isDenied != Self.words(pair.source).contains("pas")
        || isDenied != english.contains { ["not", "no", "cannot"].contains($0) }
    }
    #expect(offenders == [])
    #expect(try #require(Self.pairs).prefix(5000).count(where: isNegated) > 1000)
  }

  @Test("English articles suit the word that follows")
  func englishArticles() throws {
    let offenders = try Self.offenders { pair in
      let words = pair.target.split(separator: " ").map { $0.lowercased() }
      return zip(words, words.dropFirst()).contains { word, next in
        ["a", "an"].contains(word) && (word == "an") != "aeiou".contains(next.first ?? " ")
      }
    }
    #expect(offenders == [])
  }

  @Test("Sentences that a grammar gets wrong first", arguments: FrenchSurvey.known)
  func knownSentences(_ source: String, _ target: String?) {
    #expect(FrenchSurvey.whole.found[source] == target)
  }
}
