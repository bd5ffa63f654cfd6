/// Hands out a schedule's batches one after the other, epoch after epoch.
///
///     var cursor = schedule.cursor(at: checkpoint.position)
///     let batch = try cursor.next()
///
/// A cursor put at a position goes on exactly as one that arrived there.
public struct BatchCursor: Sendable {
  /// Where the batches come from.
  public let schedule: BatchSchedule
  /// Where the next batch is.
  ///
  /// May stand behind an epoch's last batch, which is the same place as
  /// the next epoch's first.
  public private(set) var position: BatchPosition
  private var epoch: EpochBatches?

  init(schedule: BatchSchedule, position: BatchPosition) {
    self.schedule = schedule
    self.position = position
  }

  /// The next batch; after an epoch's last comes the next epoch's first.
  ///
  /// - Throws: ``TextError`` when an epoch's batches cannot be written to the run's folder.
  public mutating func next() throws(TextError) -> Batch {
    var batches = try batches(inEpoch: position.epoch)
    if position.batch >= batches.count {
      position = BatchPosition(epoch: position.epoch + 1)
      batches = try self.batches(inEpoch: position.epoch)
    }
    let batch = batches[position.batch]
    position.batch += 1
    return batch
  }

  private mutating func batches(inEpoch number: Int) throws(TextError) -> EpochBatches {
    if let epoch, epoch.epoch == number { return epoch }
    let batches = try schedule.batches(inEpoch: number)
    epoch = batches
    return batches
  }
}
