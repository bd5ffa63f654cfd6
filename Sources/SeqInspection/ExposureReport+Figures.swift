public import SeqFigures

extension ExposureReport {
  /// Accuracy and the gap by place, exact matches by the source's length, and accuracy by the
  /// reference's: every model in a colour of its own, teacher forcing dashed.
  ///
  /// Places and lengths that few pairs have are noise: places that fewer than one reference in a
  /// hundred has are left out, and lengths are put together until there are at most 24.
  public static func figures(_ reports: [ExposureReport]) -> [Curves] {
    let byPlace = Curves(
      title: "Exposure bias", xLabel: "place in the target",
      panels: [
        Curves.Panel(
          title: "accuracy, %",
          series: bothReadings(
            reports, teacherForced: { $0.points { $0.teacherForcedAccuracy } },
            freeRunning: { $0.points { $0.freeRunningAccuracy } })),
        Curves.Panel(
          title: "gap: teacher-forced less free-running, points",
          series: lines(reports) { report in
            report.points { $0.teacherForcedAccuracy - $0.freeRunningAccuracy }
          }),
      ])
    let bySource = Curves(
      title: "Exact matches by the source's length", xLabel: "tokens of the source",
      panels: [
        Curves.Panel(
          title: "exact matches, %",
          series: lines(reports) { $0.sourceLengths.points { ($0.exactMatches, $0.pairs) } })
      ])
    let byReference = Curves(
      title: "Accuracy by the reference's length", xLabel: "tokens of the reference",
      panels: [
        Curves.Panel(
          title: "accuracy, %",
          series: bothReadings(
            reports,
            teacherForced: { $0.referenceLengths.points { ($0.teacherForcedRight, $0.labels) } },
            freeRunning: { $0.referenceLengths.points { ($0.freeRunningRight, $0.labels) } }))
      ])
    return [byPlace, bySource, byReference]
  }

  /// A line for each model, named where there are several.
  private static func lines(
    _ reports: [ExposureReport], _ points: (ExposureReport) -> [Curves.Point]
  ) -> [Curves.Series] {
    reports.enumerated().map { index, report in
      Curves.Series(
        name: reports.count == 1 ? "" : report.model, points: points(report), color: index)
    }
  }

  /// Two lines for each model.
  private static func bothReadings(
    _ reports: [ExposureReport], teacherForced: (ExposureReport) -> [Curves.Point],
    freeRunning: (ExposureReport) -> [Curves.Point]
  ) -> [Curves.Series] {
    reports.enumerated().flatMap { index, report in
      let name = reports.count == 1 ? "" : ", \(report.model)"
      return [
        Curves.Series(
          name: "teacher-forced" + name, points: teacherForced(report),
          color: reports.count == 1 ? 1 : index, isDashed: true),
        Curves.Series(
          name: "free-running" + name, points: freeRunning(report), color: index),
      ]
    }
  }

  /// A share in percent over the places that at least one reference in a hundred has.
  private func points(_ share: (Position) -> Double) -> [Curves.Point] {
    positions.prefix { 100 * $0.labels >= pairs }.map {
      Curves.Point(x: Double($0.position), y: 100 * share($0))
    }
  }
}

extension [ExposureReport.PairsOfLength] {
  /// A share in percent over the mean length of neighbours put together.
  fileprivate func points(
    _ counts: (ExposureReport.PairsOfLength) -> (part: Int, whole: Int)
  ) -> [Curves.Point] {
    guard let first, let last else { return [] }
    let width = (last.length - first.length) / 24 + 1
    let groups = Dictionary(grouping: self) { ($0.length - first.length) / width }
    return groups.sorted { $0.key < $1.key }.map { _, group in
      let pairs = group.reduce(0) { $0 + $1.pairs }
      let length = group.reduce(0) { $0 + $1.length * $1.pairs }
      let part = group.reduce(0) { $0 + counts($1).part }
      let whole = group.reduce(0) { $0 + counts($1).whole }
      return Curves.Point(
        x: Double(length) / Double(pairs), y: 100 * share(part, of: whole))
    }
  }
}
