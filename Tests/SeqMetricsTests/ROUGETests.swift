import Foundation
import SeqMetrics
import Testing

/// ROUGE with the figures of rouge-score and of pycocoevalcap.
@Suite struct ROUGETests {
  /// Recorded by `Scripts/goldens/rouge.py`; texts are named by their index, figures are 0–1.
  struct Fixture: Decodable {
    struct Case: Decodable {
      let variant: String
      let stems: Bool
      let hypothesis: Int
      let references: [Int]
      let f: Double
      let p: Double?
      let r: Double?
    }

    let rouge_score: String
    let pycocoevalcap: String
    let texts: [String]
    let cases: [Case]
    let words: [String]
    let stems: [String]
  }

  let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "rouge", withExtension: "json", subdirectory: "Fixtures"))
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
  }

  @Test(arguments: [
    ("rouge1", ROUGE.Variant.ngrams(1)), ("rouge2", .ngrams(2)), ("rouge3", .ngrams(3)),
    ("rougeL", .longestSubsequence), ("rougeLsum", .summary),
  ])
  func figuresAgree(_ name: String, _ variant: ROUGE.Variant) throws {
    #expect(fixture.rouge_score == ROUGE.definitionVersion)
    let cases = fixture.cases.filter { $0.variant == name }
    #expect(cases.count > 350 && cases.count { $0.stems } > 150)
    for (index, recorded) in cases.enumerated() {
      let score = ROUGE(variant, usesStemmer: recorded.stems).sentenceScore(
        hypothesis: fixture.texts[recorded.hypothesis],
        references: recorded.references.map { fixture.texts[$0] })
      #expect(abs(score.value / 100 - recorded.f) <= 1e-12, "\(name) \(index)")
      #expect(abs(score.precision / 100 - (recorded.p ?? -1)) <= 1e-12, "\(name) \(index)")
      #expect(abs(score.recall / 100 - (recorded.r ?? -1)) <= 1e-12, "\(name) \(index)")
      #expect(score.metricName == name)
    }
  }

  @Test func captionFiguresAgree() throws {
    #expect(fixture.pycocoevalcap == COCORougeL.definitionVersion)
    let cases = fixture.cases.filter { $0.variant == "coco" }
    #expect(cases.count > 350)
    for (index, recorded) in cases.enumerated() {
      let score = COCORougeL(tokenizer: .whitespace).sentenceScore(
        hypothesis: fixture.texts[recorded.hypothesis],
        references: recorded.references.map { fixture.texts[$0] })
      #expect(abs(score.value / 100 - recorded.f) <= 1e-12, "\(index)")
    }
  }

  @Test func stemsAgree() {
    #expect(fixture.words.count > 5000)
    for (word, stem) in zip(fixture.words, fixture.stems) {
      let found = PorterStemmer.stem(Array(word.utf8))
      #expect(found == Array(stem.utf8), "\(word)")
    }
  }

  @Test func corpusIsTheMeanOfSegments() throws {
    let score = try ROUGE(.ngrams(1)).corpusScore(
      hypotheses: ["a b", "", "x y z w"], references: [["a b", "", "x y q r"]])
    #expect(abs(score.value - 50) < 1e-12)
    #expect(score.details == "(P = 50.00 R = 50.00)")
    let signature = ROUGE(.summary, usesStemmer: true, newlineMark: "<n>").signature(
      referenceCount: 2)
    #expect(signature.description == "nrefs:2|tok:rouge_score|stem:yes|newline:<n>|version:0.1.2")
  }

  @Test func markedLineBreaksPartSentences() {
    let marked = ROUGE(.summary, newlineMark: "<n>")
    let text = "a b c<n>d e f"
    let reference = "d e f<n>a b c"
    #expect(marked.sentenceScore(hypothesis: text, references: [reference]).value == 100)
    let lines = ROUGE(.summary).sentenceScore(
      hypothesis: "a b c\nd e f", references: ["d e f\na b c"])
    #expect(lines.value == 100)
    // Without a mark it is one sentence, and n a word.
    #expect(ROUGE(.summary).sentenceScore(hypothesis: text, references: [reference]).value < 60)
    #expect(
      ROUGE(.ngrams(1), newlineMark: "<n>").sentenceScore(hypothesis: text, references: ["n"])
        .value == 0)
  }

  @Test func unicodeTokensKeepWhatTheOthersLose() {
    let unicode = ROUGE.Tokenizer.unicode
    #expect(unicode.tokens(in: "나는 학생입니다. 3시!") == ["나는", "학생입니다", "3시"])
    #expect(unicode.tokens(in: "École, l'été") == ["école", "l", "été"])
    #expect(unicode.tokens(in: "東京タワーへ go") == ["東", "京", "タ", "ワ", "ー", "へ", "go"])
    let decomposed = unicode.tokens(in: "cafe\u{301}s e")
    #expect(decomposed.map(bytes) == ["cafe\u{301}s", "e"].map(bytes))
    #expect(ROUGE.Tokenizer.alphanumeric.tokens(in: "나는 Kafé") == ["kaf"])
    #expect(ROUGE.Tokenizer.alphanumeric.tokens(in: "나는").isEmpty)
    #expect(unicode.tokens(in: "running 3rd", usesStemmer: true) == ["run", "3rd"])
    let korean = ROUGE(.ngrams(1), tokenizer: .unicode)
    #expect(
      korean.sentenceScore(hypothesis: "나는 학생", references: ["나는 선생"]).value == 50)
    // On ASCII the two agree.
    for text in fixture.texts where text.utf8.allSatisfy({ $0 < 0x80 }) {
      #expect(unicode.tokens(in: text) == ROUGE.Tokenizer.alphanumeric.tokens(in: text))
    }
  }

  @Test func captionsTakeTheBestOfEachSide() {
    // Precision 1 from the first reference, recall 1 from the second.
    let score = COCORougeL().sentenceScore(
      hypothesis: "a b", references: ["a b c d", "b"])
    #expect(score.precision == 100 && score.recall == 100 && score.value == 100)
    #expect(COCORougeL().sentenceScore(hypothesis: "", references: [""]).value == 100)
    #expect(COCORougeL().sentenceScore(hypothesis: "", references: ["a"]).value == 0)
  }
}
