internal import SeqMetrics

/// How much worse a model does with its own past before it than with the right one: exposure bias.
///
///     let report = ExposureReport(traces, model: "runs/fr-en")
///     print(report.teacherForced.accuracy - report.freeRunning.accuracy)
///
/// Labels are a reference's tokens and its EOS. *Teacher-forced*, a label is right when the model
/// finds it the likeliest after the reference's own tokens. *Free-running*, it is right when greedy
/// search wrote it at the same place, counted from the start; what was written beyond the
/// reference's EOS is not a label, it shows in ``lengths``. One token too many or too few makes wrong
/// all that follows it, however good: so ``edits`` and ``Position/kept`` say too what the fewest
/// edits leave in place wherever it stands, without EOS.
///
/// Errors come together even under teacher forcing, because hard words do. What shows exposure bias is
/// how much likelier an error after an error is in free running.
///
/// In JSON, keys are in snake_case; counts come first, and the shares they give stand beside them.
///
/// - SeeAlso: Bengio et al. 2015, arXiv:1506.03099; Ranzato et al. 2016, arXiv:1511.06732.
public struct ExposureReport: Codable, Hashable, Sendable {
  /// What the model is called.
  public var model: String
  /// Pairs read and written.
  public var pairs: Int
  /// Pairs written without error, EOS included.
  public var exactMatches: Int
  /// Errors with the right past.
  public var teacherForced: Errors
  /// Errors with the model's own past, place by place.
  public var freeRunning: Errors
  /// The fewest edits from references to what was written, without EOS.
  public var edits: Edits
  /// How long what was written is.
  public var lengths: Lengths
  /// By place in the target, from the first; as many as the longest reference has labels.
  public var positions: [Position]
  /// By the reference's length, tokens without EOS, ascending; lengths without a pair are left out.
  public var referenceLengths: [PairsOfLength]
  /// By the source's length, tokens without BOS and EOS, ascending.
  public var sourceLengths: [PairsOfLength]

  /// Counts what traces hold.
  public init(_ traces: [ExposureTrace], model: String) {
    self.model = model
    pairs = traces.count
    exactMatches = 0
    teacherForced = Errors()
    freeRunning = Errors()
    edits = Edits()
    lengths = Lengths()
    positions = []
    var byReference: [Int: PairsOfLength] = [:]
    var bySource: [Int: PairsOfLength] = [:]
    for trace in traces {
      let (forced, free) = (trace.rightUnderTeacherForcing, trace.rightInFreeRunning)
      let kept = EditCounts.keptTokens(of: trace.reference, in: trace.freeRunning)
      // A label at every place of the reference, and nothing written beyond them.
      let isExact = !free.contains(false)
      exactMatches += isExact ? 1 : 0
      teacherForced.add(forced)
      freeRunning.add(free)
      edits.add(EditCounts(from: trace.reference, to: trace.freeRunning))
      lengths.add(trace)
      while positions.count < free.count { positions.append(Position(positions.count + 1)) }
      for index in free.indices {
        positions[index].add(
          forced: forced[index], free: free[index], kept: index < kept.count ? kept[index] : nil)
      }
      byReference[trace.reference.count, default: PairsOfLength(trace.reference.count)]
        .add(forced: forced, free: free, isExact: isExact)
      bySource[trace.sourceLength, default: PairsOfLength(trace.sourceLength)]
        .add(forced: forced, free: free, isExact: isExact)
    }
    referenceLengths = byReference.values.sorted { $0.length < $1.length }
    sourceLengths = bySource.values.sorted { $0.length < $1.length }
  }

  /// Exact matches among all pairs, 0–1.
  public var exactMatchShare: Double { share(exactMatches, of: pairs) }

  enum CodingKeys: String, CodingKey {
    case model, pairs, edits, lengths, positions
    case exactMatches = "exact_matches"
    case teacherForced = "teacher_forced"
    case freeRunning = "free_running"
    case referenceLengths = "reference_lengths"
    case sourceLengths = "source_lengths"
  }
}

/// A share, 0 of nothing.
func share(_ part: Int, of whole: Int) -> Double { Double(part) / Double(max(whole, 1)) }
