import Foundation
import SeqInspection
import SeqKernels
import SeqModels
import Testing

/// What a report says, of subjects that offer little too.
@Suite struct DoctorReportTests {
  /// The subject of ``ExaminedModel``'s documentation: log-probabilities alone.
  struct MyTranslator: ExaminedModel {
    let vocabularies = VocabularySizes(source: 40, target: 50)

    func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
      let numbers = forward(
        batch.sources.ids, batch.sources.padding.values, batch.inputs.ids,
        batch.inputs.padding.values)
      return PaddedValues(numbers, extents: [batch.count, batch.inputs.length, 50])
    }

    /// A bag of source words and of the target so far.
    private func forward(
      _ sources: [Int32], _ sourcePadding: [Bool], _ inputs: [Int32], _ inputPadding: [Bool]
    ) -> [Float] {
      let count = inputs.filter { $0 == beginToken }.count
      let (sourceLength, length) = (sources.count / count, inputs.count / count)
      return (0..<count).flatMap { sentence -> [Float] in
        let row = sentence * sourceLength..<(sentence + 1) * sourceLength
        let bag = row.reduce(Float(0)) {
          $0 + (sourcePadding[$1] ? 0 : cos(Float(sources[$1])))
        }
        var past: Float = 0
        return (0..<length).flatMap { position -> [Float] in
          past = 0.5 * past + sin(Float(inputs[sentence * length + position]))
          let logits = (0..<50).map { sin(Float($0) * (bag + past)) }
          let total = log(logits.reduce(0) { $0 + exp($1) })
          return logits.map { $0 - total }
        }
      }
    }
  }

  @Test func whatIsNotOfferedIsNotExamined() throws {
    let report = try Doctor().examine(MyTranslator())
    let passed = report.rules.filter { $0.verdict == .passed }.map(\.rule)
    #expect(passed == [.paddingToken, .batch, .future, .memoryPadding], "\(report.text)")
    #expect(report.count(.notExamined) == 6)
    for rule in report.rules { #expect((rule.reason == nil) == (rule.verdict == .passed)) }
    #expect(report[.maskedRow]?.reason == "bfloat16 is not offered")
    #expect(report.summary == "4 passed, 0 failed, 6 not examined")
  }

  @Test func recurrentFaultsAreFound() throws {
    func report(_ fault: PaddedRecurrent.Fault?) throws -> DoctorReport {
      try Doctor().examine(PaddedRecurrent(fault: fault))
    }
    let healthy = try report(nil)
    #expect(!healthy.hasFailed && healthy[.bothWays]?.verdict == .passed, "\(healthy.text)")

    let through = try report(.stateThroughPadding)
    #expect(through[.paddingToken]?.verdict == .failed && through[.batch]?.verdict == .failed)
    #expect(
      through[.paddingToken]?.findings.first?.layer == "encoder"
        && through[.paddingToken]?.findings.first?.hint.contains("state carried through") == true,
      "\(through.text)")
    // Whether cross-attention reads padding too cannot be seen.
    #expect(through[.memoryPadding]?.verdict == .notExamined)

    let after = try report(.finalAfterPadding)
    let finding = try #require(after[.paddingToken]?.findings.first)
    // The encoder's states are right, so that it is what is made of them.
    #expect(finding.layer == nil && after[.memoryPadding]?.verdict == .failed, "\(after.text)")

    let oneWay = try report(.oneWay)
    #expect(oneWay.rules.filter { $0.verdict == .failed }.map(\.rule) == [.bothWays])
    #expect(oneWay[.bothWays]?.findings.first?.found == "no state depends on a later source token")
  }

  @Test func aModelThatSaysTheSameOfEverythingIsNotExamined() throws {
    struct Constant: ExaminedModel {
      let vocabularies = VocabularySizes(source: 8, target: 8)
      func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
        let count = batch.count * batch.inputs.length * 8
        return PaddedValues(
          Array(repeating: -log(8), count: count), extents: [batch.count, batch.inputs.length, 8])
      }
    }
    let report = try Doctor().examine(Constant())
    #expect(report[.paddingToken]?.verdict == .notExamined, "\(report.text)")
    #expect(report[.future]?.verdict == .notExamined)
    #expect(report[.memoryPadding]?.verdict == .notExamined)
  }

  @Test func whatIsNoNumberProvesNothing() throws {
    struct Broken: ExaminedModel {
      let vocabularies = VocabularySizes(source: 8, target: 8)
      func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
        let count = batch.count * batch.inputs.length * 8
        return PaddedValues(
          Array(repeating: .nan, count: count), extents: [batch.count, batch.inputs.length, 8])
      }
    }
    let report = try Doctor().examine(Broken())
    #expect(report[.maskedRow]?.verdict == .failed, "\(report.text)")
    #expect(report[.maskedRow]?.findings.first?.found == "no finite number in float32")
    #expect(report.count(.notExamined) == 9)
  }

  @Test func logitsAreRefused() {
    struct Logits: ExaminedModel {
      let vocabularies = VocabularySizes(source: 8, target: 8)
      func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
        let count = batch.count * batch.inputs.length * 8
        return PaddedValues(
          Array(repeating: 0, count: count), extents: [batch.count, batch.inputs.length, 8])
      }
    }
    #expect(throws: DoctorError.noDistribution(sum: 8)) { try Doctor().examine(Logits()) }
  }

  @Test func wrongExtentsAreNamed() {
    struct Flat: ExaminedModel {
      let vocabularies = VocabularySizes(source: 8, target: 8)
      func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
        PaddedValues([0], extents: [1, 1, 1])
      }
    }
    #expect(
      throws: DoctorError.wrongExtents(
        answer: "log-probabilities", found: [1, 1, 1], expected: [6, 9, 8])
    ) { try Doctor().examine(Flat()) }
  }

  @Test(arguments: [nil, Fault.infiniteRow, .causalMaskDropped])
  func jsonRoundTrip(fault: Fault?) throws {
    let report = try Doctor(seed: 3).examine(PaddedTransformer(fault: fault), name: "mine")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(report)
    #expect(try JSONDecoder().decode(DoctorReport.self, from: data) == report)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains(#""model":"mine""#) && text.contains(#""number":10"#))
    #expect(text.contains(#""verdict":"passed""#))
  }

  @Test func textHasALineForEachRule() throws {
    let report = try Doctor().examine(PaddedTransformer(fault: .causalMaskDropped))
    let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.contains(" 1 ✓ changing a padding token changes nothing"))
    #expect(lines.contains(" 3 ✗ target position t never sees t+1 and later"))
    #expect(lines.contains { $0.hasPrefix("     • decoder.layers.1, sentence 0, position ") })
    #expect(lines.dropLast().last?.hasSuffix("failed") == true)
    // The same seed, the same report.
    #expect(try Doctor().examine(PaddedTransformer(fault: .causalMaskDropped)) == report)
  }
}
