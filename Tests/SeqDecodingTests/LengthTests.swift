import SeqDecoding
import Testing

@Suite struct LengthTests {
  @Test func normalizationsCountTheirLength() {
    #expect(LengthNormalization.none.score(logProbability: -6, length: 4) == -6)
    #expect(LengthNormalization.average.score(logProbability: -6, length: 4) == -1.5)
    // ((5 + 7) / 6)^2 = 4
    #expect(LengthNormalization.gnmt(alpha: 2).score(logProbability: -6, length: 7) == -1.5)
    #expect(LengthNormalization.gnmt(alpha: 0).score(logProbability: -6, length: 7) == -6)
  }

  @Test func limitIsALineOverTheSource() {
    let limit: LengthLimit = 12
    #expect(limit.tokenCount(sourceLength: 0) == 12)
    #expect(limit.tokenCount(sourceLength: 900) == 12)
    let line = LengthLimit(perSourceToken: 1.5, constant: 2)
    #expect(line.tokenCount(sourceLength: 0) == 2)
    #expect(line.tokenCount(sourceLength: 3) == 6)
    #expect(LengthLimit(perSourceToken: -1, constant: 2).tokenCount(sourceLength: 9) == 0)
    #expect(LengthLimit(constant: 1e300).tokenCount(sourceLength: 9) == 1 << 31)
  }
}
