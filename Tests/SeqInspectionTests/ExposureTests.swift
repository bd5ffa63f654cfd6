import Foundation
import SeqDecoding
import SeqFigures
import SeqInspection
import SeqText
import SeqModels
import Testing

/// The exposure report: numbers worked out by hand, and traces of models whose errors are known.
@Suite struct ExposureTests {
  /// 2 is EOS.
  static let traces = [
    // Without error.
    ExposureTrace(
      sourceLength: 3, reference: [10, 11, 12], teacherForced: [10, 11, 12, 2],
      freeRunning: [10, 11, 12], isFinished: true),
    // One error under teacher forcing; in free running a second one follows, then all is well.
    ExposureTrace(
      sourceLength: 4, reference: [10, 11, 12, 13], teacherForced: [10, 9, 12, 13, 2],
      freeRunning: [10, 9, 8, 13], isFinished: true),
    // A token too many at the start: nothing stands in its place, yet nothing is missing.
    ExposureTrace(
      sourceLength: 3, reference: [10, 11], teacherForced: [7, 11, 2],
      freeRunning: [7, 10, 11], isFinished: true),
    // Ends too early.
    ExposureTrace(
      sourceLength: 3, reference: [10, 11, 12], teacherForced: [10, 2, 12, 2], freeRunning: [10],
      isFinished: true),
    // Does not end.
    ExposureTrace(
      sourceLength: 1, reference: [10], teacherForced: [10, 10], freeRunning: [10, 10, 10, 10],
      isFinished: false),
  ]

  static let report = ExposureReport(traces, model: "toy")

  @Test func errorsAndWhatTheyFollow() {
    let forced = Self.report.teacherForced
    #expect(forced.labels == 18 && forced.errors == 4)
    #expect(forced.afterRight == 10 && forced.errorsAfterRight == 3)
    #expect(forced.afterError == 3 && forced.errorsAfterError == 0)
    #expect(forced.accuracy == 14.0 / 18 && forced.shareAfterError == 0)
    let free = Self.report.freeRunning
    #expect(free.labels == 18 && free.errors == 9)
    #expect(free.afterRight == 7 && free.errorsAfterRight == 3)
    #expect(free.afterError == 6 && free.errorsAfterError == 5)
    #expect(free.accuracy == 0.5 && free.shareAfterError == 5.0 / 9)
    #expect(free.rateAfterRight == 3.0 / 7 && free.rateAfterError == 5.0 / 6)
  }

  @Test func editsLengthsAndExactMatches() {
    let report = Self.report
    #expect(report.pairs == 5 && report.exactMatches == 1 && report.exactMatchShare == 0.2)
    let edits = report.edits
    #expect(edits.kept == 9 && edits.substitutions == 2)
    #expect(edits.insertions == 4 && edits.deletions == 2)
    #expect(edits.keptShare == 9.0 / 13 && edits.rate == 8.0 / 13)
    let lengths = report.lengths
    #expect(lengths.equal == 2 && lengths.shorter == 1)
    #expect(lengths.longer == 1 && lengths.cutOff == 1)
    #expect(lengths.ratio == 15.0 / 13)
  }

  @Test func placesAndLengths() {
    let places = Self.report.positions
    #expect(places.map(\.position) == [1, 2, 3, 4, 5])
    #expect(places.map(\.labels) == [5, 5, 4, 3, 1])
    #expect(places.map(\.teacherForcedRight) == [4, 2, 4, 3, 1])
    #expect(places.map(\.freeRunningRight) == [4, 1, 1, 2, 1])
    #expect(places.map(\.tokens) == [5, 4, 3, 1, 0])
    #expect(places.map(\.kept) == [5, 2, 1, 1, 0])
    let sources = Self.report.sourceLengths
    #expect(sources.map(\.length) == [1, 3, 4])
    #expect(sources.map(\.pairs) == [1, 3, 1])
    #expect(sources.map(\.exactMatches) == [0, 1, 0])
    #expect(sources.map(\.labels) == [2, 11, 5])
    #expect(sources.map(\.teacherForcedRight) == [1, 9, 4])
    #expect(sources.map(\.freeRunningRight) == [1, 5, 3])
    #expect(Self.report.referenceLengths.map(\.length) == [1, 2, 3, 4])
    #expect(Self.report.referenceLengths.map(\.pairs) == [1, 1, 2, 1])
  }

  @Test func jsonHasCountsAndSharesAndComesBack() throws {
    let data = try JSONEncoder().encode(Self.report)
    #expect(try JSONDecoder().decode(ExposureReport.self, from: data) == Self.report)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "model", "pairs", "exact_matches", "teacher_forced", "free_running", "edits", "lengths",
        "positions", "reference_lengths", "source_lengths",
      ])
    let free = try #require(object["free_running"] as? [String: Any])
    #expect(
      Set(free.keys) == [
        "labels", "errors", "after_right", "after_error", "errors_after_right",
        "errors_after_error", "accuracy", "share_after_error", "rate_after_right",
        "rate_after_error",
      ])
    #expect(free["accuracy"] as? Double == 0.5)
    let edits = try #require(object["edits"] as? [String: Any])
    #expect(abs((edits["rate"] as? Double ?? 0) - 8.0 / 13) < 1e-12 && edits["kept_share"] != nil)
    let lengths = try #require(object["lengths"] as? [String: Any])
    #expect(abs((lengths["ratio"] as? Double ?? 0) - 15.0 / 13) < 1e-12)
    #expect(lengths["cut_off"] as? Int == 1)
  }

  @Test func figuresDrawWhatIsCounted() {
    let figures = ExposureReport.figures([Self.report])
    let accuracy = figures[0].panels[0].series
    #expect(accuracy.map(\.name) == ["teacher-forced", "free-running"])
    #expect(accuracy[1].points.map { $0.y.rounded() } == [80, 20, 25, 67, 100])
    #expect(figures[0].panels[1].series[0].points.map { $0.y.rounded() } == [0, 20, 75, 33, 0])
    #expect(figures[1].panels[0].series[0].points.map(\.x) == [1, 3, 4])
    #expect(figures[1].panels[0].series[0].points.map { $0.y.rounded() } == [0, 33, 0])
    let both = ExposureReport.figures([Self.report, ExposureReport(Self.traces, model: "other")])
    #expect(
      both[0].panels[0].series.map(\.name) == [
        "teacher-forced, toy", "free-running, toy", "teacher-forced, other", "free-running, other",
      ])
    #expect(both[0].panels[1].series.map(\.name) == ["toy", "other"])
    // Many lengths are put together; a place that one in 200 has is left out.
    let many = (1...200).map { length in
      ExposureTrace(
        sourceLength: length, reference: length == 200 ? [9, 9] : [9],
        teacherForced: length == 200 ? [9, 9, 2] : [9, 2], freeRunning: [9], isFinished: true)
    }
    let drawn = ExposureReport.figures([ExposureReport(many, model: "many")])
    let lengths = drawn[1].panels[0].series[0].points
    #expect(lengths.count <= 24 && lengths.first?.x == 5 && lengths.last?.y ?? 100 < 100)
    #expect(drawn[0].panels[0].series[0].points.map(\.x) == [1, 2])
  }

  /// Counts from 4 up to its source's first id, but says 15 in the place of the first 6 of a 9; with
  /// the right past it goes on at 7, after its own slip it never finds back.
  static let model = ScriptedModel { source, past in
    if past.last == 15 || (source == 9 && past == [4, 5]) { return 15 }
    let next = 4 + Int32(past.count)
    return next > source ? SpecialTokens.standard.end : next
  }

  @Test func tracesOfAScriptedModel() throws {
    func pair(_ source: Int32) -> TokenBatch.Pair {
      TokenBatch.Pair(
        source: [source, SpecialTokens.standard.end], target: (4...source).map { $0 })
    }
    let pairs = [pair(5), pair(9), pair(4), pair(7)]
    let traces = try ExposureTracer(
      Self.model, pool: ComputePool(workerCount: 2, store: Self.model.store),
      maximumLength: 12)(pairs, sourceLengths: [1, 1, 1, 1])
    #expect(traces.map(\.reference) == pairs.map(\.target))
    for index in [0, 2, 3] {
      #expect(traces[index].teacherForced == pairs[index].target + [SpecialTokens.standard.end])
      #expect(traces[index].freeRunning == pairs[index].target && traces[index].isFinished)
    }
    // With the right past one slip, never the padding that is likelier still.
    #expect(traces[1].teacherForced == [4, 5, 15, 7, 8, 9, 2])
    #expect(traces[1].freeRunning == [4, 5] + Array(repeating: 15, count: 10))
    #expect(!traces[1].isFinished)
    let report = ExposureReport(traces, model: "scripted")
    #expect(report.exactMatches == 3)
    #expect(report.teacherForced.errors == 1)
    // 6 to 9 and the end.
    #expect(report.freeRunning.errors == 5 && report.freeRunning.errorsAfterError == 4)
    #expect(report.freeRunning.rateAfterError == 1)
  }

  /// Up to the first error of a pair the past is the same, and so is what is said.
  @Test func bothReadingsAgreeUpToTheFirstError() throws {
    let model = InspectionTests.directory.model
    let pool = ComputePool(workerCount: 2, store: model.store)
    let sources: [[Int32]] = (0..<24).map { (index: Int32) in [4 + index % 7, 4 + index % 5, 2] }
    let limit: LengthLimit = 9
    let own = try Translator(
      model, options: SearchOptions(beamSize: 1, maximumLength: limit), pool: pool)(sources)
    // What the model writes itself, spoilt at some place.
    let pairs = own.enumerated().map { index, result in
      var target = result.best.tokens
      if !target.isEmpty { target[index % target.count] = Int32(4 + index % 9) }
      return TokenBatch.Pair(source: sources[index], target: target)
    }
    let traces = try ExposureTracer(model, pool: pool, maximumLength: limit)(
      pairs, sourceLengths: sources.map { $0.count - 1 })
    var errorPlaces: Set<Int> = []
    for trace in traces {
      let labels = trace.reference + [SpecialTokens.standard.end]
      let written = trace.freeRunning + (trace.isFinished ? [SpecialTokens.standard.end] : [])
      guard let place = labels.indices.first(where: { trace.teacherForced[$0] != labels[$0] })
      else {
        #expect(written == labels)
        continue
      }
      errorPlaces.insert(place)
      // What is cut off may end before the error.
      #expect(written.count > place || !trace.isFinished)
      for (own, forced) in zip(written, trace.teacherForced).prefix(place + 1) {
        #expect(own == forced)
      }
    }
    #expect(errorPlaces.count > 2)
  }
}
