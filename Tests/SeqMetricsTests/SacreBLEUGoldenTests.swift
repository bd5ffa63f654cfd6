import SeqMetrics
import Testing

/// chrF, TER and BLEU of Chinese with the figures and signatures of sacreBLEU.
@Suite struct SacreBLEUGoldenTests {
  let fixture: SacreBLEUFixture

  init() throws { fixture = try SacreBLEUFixture.recorded.get() }

  @Test(arguments: ["chrf", "ter", "zh"])
  func figuresAndSignaturesAgree(_ kind: String) throws {
    #expect(fixture.sacrebleu == BLEU.definitionVersion)
    let cases = fixture.cases.filter { $0.kind == kind }
    #expect(cases.count >= 500)
    for (index, recorded) in cases.enumerated() {
      let report = try recorded.metric().report(
        hypotheses: fixture.texts(recorded.hypotheses),
        references: recorded.references.map(fixture.texts))
      #expect(abs(report.score - recorded.score) <= 1e-9, "\(kind) \(index)")
      #expect(report.name == recorded.name)
      #expect(report.signature.description == fixture.signatures[recorded.signature])
    }
  }

  @Test func recordedCasesAreOfEveryKind() {
    // A case of each must be hard: shifts found, orders missing, references chosen.
    let scores = fixture.cases.map(\.score)
    #expect(scores.count { $0 == 0 } > 20)
    #expect(scores.count { $0 > 0 && $0 < 100 } > 2000)
    #expect(fixture.cases.count { $0.kind == "ter" && $0.score > 100 } > 5)
    #expect(fixture.texts.contains { $0.isEmpty })
    #expect(fixture.texts.contains { $0.utf8.count > 400 })
  }
}
