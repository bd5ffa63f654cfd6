import SeqInspection
import SeqModels
import Testing

/// The doctor finds what is wrong, where it is, and nothing where nothing is.
@Suite struct DoctorFaultTests {
  @Test func aPaddedTransformerPasses() throws {
    let report = try Doctor().examine(PaddedTransformer())
    #expect(report.count(.passed) == 10, "\(report.text)")
  }

  @Test(arguments: Fault.allCases)
  func aFaultIsFound(fault: Fault) throws {
    let report = try Doctor().examine(PaddedTransformer(fault: fault))
    let expected = fault.expected
    let rule = try #require(report[expected.rule])
    #expect(rule.verdict == .failed, "\(report.text)")
    let finding = rule.findings.first { finding in
      let words = finding.found + " " + finding.expected + " " + finding.hint
      return finding.layer == expected.layer && words.contains(expected.words)
        && fault.position.map { $0 == finding.position } ?? true
    }
    #expect(finding != nil, "\(report.text)")
    // What holds is not blamed.
    let failed = Set(report.rules.filter { $0.verdict == .failed }.map(\.rule))
    #expect(failed.subtracting(fault.besides) == [expected.rule], "\(report.text)")
  }

  /// However little layers do, as before training: a leak is small, and so is what it is measured by.
  @Test(arguments: [0.3, 0.1] as [Float])
  func faintFaultsAreFound(gain: Float) throws {
    #expect(try Doctor().examine(PaddedTransformer(gain: gain)).count(.passed) == 10)
    for fault in Fault.allCases {
      let report = try Doctor().examine(PaddedTransformer(fault: fault, gain: gain))
      #expect(report[fault.expected.rule]?.verdict == .failed, "\(fault): \(report.text)")
    }
  }

  /// Whatever the batches are drawn from.
  @Test(arguments: [2, 3, 4, 5] as [UInt64])
  func otherSeedsFindTheSame(seed: UInt64) throws {
    let doctor = Doctor(seed: seed)
    #expect(try doctor.examine(PaddedTransformer()).count(.passed) == 10)
    for fault in Fault.allCases {
      let report = try doctor.examine(PaddedTransformer(fault: fault))
      #expect(report[fault.expected.rule]?.verdict == .failed, "\(fault): \(report.text)")
    }
  }
}
