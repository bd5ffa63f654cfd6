import SeqMetrics
import Testing

/// TER's shifts and chrF's n-grams where they can be counted by hand.
@Suite struct EditShiftTests {
  private func edits(_ hypothesis: String, _ reference: String) -> Int {
    TER().statistics(hypothesis: hypothesis, references: [reference]).edits
  }

  @Test func movingWordsTogetherIsOneEdit() {
    #expect(edits("a b c d e f", "a b c d e f") == 0)
    #expect(edits("d e f a b c", "a b c d e f") == 1)
    #expect(edits("a c b d", "a b c d") == 1)
    #expect(edits("d e f a b x", "a b c d e f") == 2)
    #expect(edits("", "a b") == 2)
    #expect(edits("a b", "") == 2)
    // Snover et al. 2006, §2: the phrase at the wrong place, one word changed, one left out.
    #expect(
      edits(
        "this week the saudis denied information published in the new york times",
        "saudi arabia denied this week information published in the american new york times") == 4)
  }

  @Test func severalReferencesGiveTheFewestEditsAndTheMeanLength() {
    let found = TER().statistics(hypothesis: "a b c", references: ["a b c", "x"])
    #expect(found.edits == 0 && found.referenceLength == 2)
    #expect(TER().sentenceScore(hypothesis: "a", references: [""]).value == 100)
    #expect(TER().sentenceScore(hypothesis: "", references: [""]).value == 0)
  }

  @Test func optionsOfTokenisationDoWhatTheySay() {
    #expect(TER().tokens(in: "Hello, World!") == ["hello,", "world!"])
    #expect(TER(isNormalized: true).tokens(in: "It's 3.5, ok") == ["it", "'s", "3.5", ",", "ok"])
    #expect(TER(removesPunctuation: true).tokens(in: "(ok), yes.") == ["ok", "yes"])
    let asian = TER(isNormalized: true, hasAsianSupport: true)
    #expect(asian.tokens(in: "東京、ok") == ["東", "京", "、", "ok"])
    #expect(TER(isCaseSensitive: true).tokens(in: "A b") == ["A", "b"])
  }

  @Test func referencesAreNormalisedTwiceAsSacreBLEUDoes() {
    let metric = TER(isNormalized: true)
    let found = metric.statistics(hypothesis: "it's, ok", references: ["it's, ok"])
    #expect(found.edits == 2 && found.referenceLength == 4)
    let tab = metric.statistics(hypothesis: "it's\tok 5-", references: ["it's\tok 5-"])
    #expect(tab.edits == 2 && tab.referenceLength == 5)
    #expect(TER().sentenceScore(hypothesis: "it's, ok", references: ["it's, ok"]).value == 0)
  }

  @Test func distancesNearTheDiagonalAreThoseOfTheWholeMatrix() {
    var state: UInt64 = 5
    func draw(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<300 {
      let reference = (0..<draw(20) + 1).map { _ in Int32(draw(6)) }
      let words = (0..<draw(20)).map { _ in Int32(draw(6)) }
      var distance = BeamEditDistance(reference: reference, wordCount: words.count)
      #expect(distance.measure(words) == EditCounts(from: reference, to: words).edits)
      let neighbour = words.shuffled()
      #expect(
        distance.distance(of: neighbour, to: words)
          == EditCounts(from: reference, to: neighbour).edits)
    }
  }

  @Test func charactersAreMatchedWithoutSpaces() {
    // a, b, ab of a, b, c, ab, bc: P = 1 for both orders, R = 2/3 and 1/2.
    let score = CHRF(characterOrder: 2, beta: 1).sentenceScore(
      hypothesis: "a b", references: ["ab c"])
    let recall = (2.0 / 3 + 1.0 / 2) / 2
    #expect(abs(score.value - 100 * 2 * recall / (1 + recall)) < 1e-12)
    #expect(CHRF().sentenceScore(hypothesis: "", references: ["a"]).value == 0)
    #expect(
      CHRF(wordOrder: 2).score(of: CHRF(wordOrder: 2).emptyStatistics).metricName == "chrF2++")
  }

  @Test func koreanSyllablesAreWords() {
    let korean = BLEU.Tokenizer.koreanSyllables
    #expect(korean.tokens(in: "나는 3.5시에 ok!") == ["나", "는", "3.5", "시", "에", "ok", "!"])
    #expect(korean.tokens(in: "ㅋㅋ a-b") == ["ㅋ", "ㅋ", "a", "-", "b"])
    // 한국 as conjoining jamo: two syllables of three scalars.
    let jamo = "\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}"
    #expect(korean.tokens(in: jamo).map { $0.unicodeScalars.count } == [3, 3])
    #expect(
      BLEU(tokenizer: korean).signature(referenceCount: 1).description
        == "nrefs:1|case:mixed|eff:no|tok:ko-syllable|smooth:exp|version:2.6.0")
  }
}
