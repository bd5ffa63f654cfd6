/// Where a run stands, beside its parameters and optimizer: what a checkpoint remembers.
struct TrainingState: Codable, Hashable {
  /// Updates made.
  var step = 0
  /// The epoch of the next batch, from 0, and the number of that batch.
  var epoch = 0
  var batch = 0
  /// Batches of the first epoch; nil before they have been formed.
  var firstEpochBatchCount: Int?
  /// Seconds spent in training and validation so far.
  var elapsedSeconds = 0.0
  /// Sums since the last report.
  var window = Window()
  /// The best validation so far.
  var best: Best?
  /// Validations since the best one.
  var validationsWithoutGain = 0
  /// The steps whose parameters are kept for averaging, oldest first.
  var snapshots: [Int] = []
  /// Bytes of metrics.jsonl that belong to the steps made.
  var metricsByteCount = 0
  /// What the regime remembers between steps; nil where it does not.
  var regime: [String: Double]?
  /// What keeps to the limit of memory; nil where there is none.
  var slices: Slices?
  /// Workers that made the sums; another number gives sums that differ in rounding.
  var workerCount = 1

  /// Whether a run can have come to these numbers; a file that was edited or damaged may hold
  /// others.
  var isPossible: Bool {
    let counts =
      [step, epoch, batch, validationsWithoutGain, best?.step ?? 0, firstEpochBatchCount ?? 0]
      + snapshots
    let sums = [metricsByteCount, window.correctCount, window.targetTokens, window.steps]
    return counts.allSatisfy { 0...Int(Int32.max) ~= $0 }
      && sums.allSatisfy { 0...(1 << 60) ~= $0 } && workerCount >= 1
      && slices.map { 1...SliceMemory.fullSlice ~= $0.tokens } ?? true
  }

  /// The tokens that a worker computes at once, and for which limit and workers they were found.
  struct Slices: Codable, Hashable {
    var tokens: Int
    /// Bytes.
    var limit: Int
    var workerCount: Int
  }

  struct Window: Codable, Hashable {
    var loss = 0.0
    var negativeLogLikelihood = 0.0
    var correctCount = 0
    var targetTokens = 0
    var seconds = 0.0
    var gradientNorm = 0.0
    var steps = 0
    /// What the regime reports beside the losses; nil where it reports nothing.
    var figures: ReportFigures?
  }

  struct Best: Codable, Hashable {
    var step: Int
    var value: Double
  }
}
