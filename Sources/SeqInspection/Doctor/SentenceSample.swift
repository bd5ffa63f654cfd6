internal import SeqModels
internal import SeqTensors

internal import enum SeqKernels.Precision

/// Random sentence pairs of mixed lengths, and the batches that can be made of them.
struct SentenceSample {
  let sources: [[Int32]]
  /// Without BOS and EOS.
  let targets: [[Int32]]
  private let vocabularies: [[Int32]]
  private let padding: Int32
  private let begin: Int32
  private let seed: UInt64
  /// What its batches are computed in.
  var precision = Precision.float32

  /// Pairs, the longest source of `longest` tokens, the longest decoder input too.
  ///
  /// `sevenths` are the lengths of both sides, in sevenths of the longest; `paragraphSize` is how many
  /// tokens are between the ends of paragraphs, where there are such.
  ///
  /// - Throws: ``DoctorError/fewIDs(side:count:)``.
  init(
    of model: any ExaminedModel, longest: Int,
    sevenths: (sources: [Int], targets: [Int]) = ([4, 1, 7, 3, 5, 2], [3, 7, 4, 1, 6, 2]),
    paragraphSize: Int = 2, seed: UInt64
  ) throws {
    self.seed = seed
    padding = model.paddingToken
    begin = model.beginToken
    let special: Set<Int32> = [model.paddingToken, model.beginToken, model.endToken]
    vocabularies = try BatchSide.allCases.map { side in
      let count = side == .source ? model.vocabularies.source : model.vocabularies.target
      let ordinary = (0..<Int32(count)).filter { !special.contains($0) }
      guard ordinary.count >= 2 else {
        throw DoctorError.fewIDs(side: side, count: ordinary.count)
      }
      return ordinary
    }
    var random = CountedRandom(seed, CountedRandom.hash("doctor"))
    func sentences(_ lengths: [Int], from ids: [Int32]) -> [[Int32]] {
      lengths.map { length in
        // No id twice where there are enough: otherwise a change of order may change nothing.
        var left = ids.shuffled(using: &random)
        return (0..<length).map { _ in
          if left.isEmpty { left = ids.shuffled(using: &random) }
          return left.removeLast()
        }
      }
    }
    func lengths(_ sevenths: [Int], longest: Int) -> [Int] {
      sevenths.map { max(1, ($0 * longest + 6) / 7) }
    }
    let paragraphEnd = model.paragraphEnd
    sources = sentences(lengths(sevenths.sources, longest: longest), from: vocabularies[0])
      .map { Self.divided($0, by: paragraphEnd, size: paragraphSize) }
    targets = sentences(lengths(sevenths.targets, longest: longest - 1), from: vocabularies[1])
  }

  /// Paragraphs of `size` tokens, the first of one more, the last with or without its end; sentences of
  /// up to `size` tokens stay one.
  private static func divided(_ sentence: [Int32], by end: Int32?, size: Int) -> [Int32] {
    guard let end else { return sentence }
    return sentence.enumerated().map { $0.offset > 0 && $0.offset % size == 0 ? end : $0.element }
  }

  private init(_ sample: SentenceSample, sources: [[Int32]], targets: [[Int32]]) {
    self.sources = sources
    self.targets = targets
    (vocabularies, padding, begin) = (sample.vocabularies, sample.padding, sample.begin)
    (seed, precision) = (sample.seed, sample.precision)
  }

  /// What the decoder reads: BOS and the target.
  var inputs: [[Int32]] { targets.map { [begin] + $0 } }

  /// How many pairs.
  var count: Int { sources.count }

  /// Some of the pairs, in the order of the indices.
  func chosen(_ indices: [Int]) -> SentenceSample {
    SentenceSample(
      self, sources: indices.map { sources[$0] }, targets: indices.map { targets[$0] })
  }

  /// These pairs and others behind them.
  func joined(_ other: SentenceSample) -> SentenceSample {
    SentenceSample(self, sources: sources + other.sources, targets: targets + other.targets)
  }

  /// The pairs with the source of some emptied.
  func emptyingSource(_ index: Int) -> SentenceSample {
    var sources = sources
    sources[index] = []
    return SentenceSample(self, sources: sources, targets: targets)
  }

  /// The same sources with targets cut, or filled with the ids of others, to one length.
  func targets(ofLength length: Int) -> SentenceSample {
    let all = targets.joined()
    return SentenceSample(
      self, sources: sources,
      targets: targets.indices.map { index in
        Array((targets[index] + all + all + all).prefix(length))
      })
  }

  // MARK: Batches

  /// The pairs as a padded batch with so many positions of padding behind the longest.
  func batch(room: Int) -> ExaminedBatch {
    ExaminedBatch(
      sources: padded(sources, room: room), inputs: padded(inputs, room: room),
      precision: precision)
  }

  /// Sentences with padding behind the longest.
  func padded(_ sentences: [[Int32]], room: Int) -> PaddedTokens {
    PaddedTokens(
      sentences, padToken: padding, to: (sentences.map(\.count).max() ?? 0) + room)
  }

  /// All places of a side that are no padding.
  func places(_ side: BatchSide) -> [BatchPlace] {
    (side == .source ? sources : inputs).enumerated().flatMap { sentence, ids in
      ids.indices.map { BatchPlace(sentence: sentence, position: $0) }
    }
  }

  /// The places whose log-probabilities are differentiated: within the longest targets, and the end
  /// of the shortest.
  var gradientPlaces: [BatchPlace] {
    let order = targets.indices.sorted { targets[$0].count > targets[$1].count }
    return [(order[0], 1), (order[1], 2), (order[2], 0), (order[count - 1], 3)].map {
      BatchPlace(sentence: $0, position: $1 * targets[$0].count / 3)
    }
  }

  /// The batch with other ids at some places of a side; every id changes into another ordinary one.
  func changed(
    _ batch: ExaminedBatch, _ side: BatchSide,
    where isChanged: (_ place: BatchPlace, _ length: Int) -> Bool
  ) -> ExaminedBatch {
    var random = CountedRandom(seed, CountedRandom.hash("change"))
    let ordinary = vocabularies[side == .source ? 0 : 1]
    return replacing(batch, side, where: isChanged) { id in
      let others = ordinary.filter { $0 != id }
      return others[Int.random(in: others.indices, using: &random)]
    }
  }

  /// The batch with its padding filled by one id, or by ordinary ids without one.
  func refilled(_ batch: ExaminedBatch, _ side: BatchSide, with id: Int32?) -> ExaminedBatch {
    let isPadding: (BatchPlace, Int) -> Bool = { $0.position >= $1 }
    guard let id else { return changed(batch, side, where: isPadding) }
    return replacing(batch, side, where: isPadding) { _ in id }
  }

  private func replacing(
    _ batch: ExaminedBatch, _ side: BatchSide,
    where isChanged: (_ place: BatchPlace, _ length: Int) -> Bool, _ other: (Int32) -> Int32
  ) -> ExaminedBatch {
    let tokens = batch.tokens(side)
    let ids = tokens.ids.enumerated().map { index, id in
      let place = BatchPlace(sentence: index / tokens.length, position: index % tokens.length)
      return isChanged(place, tokens.lengths[place.sentence]) ? other(id) : id
    }
    let changed = PaddedTokens(ids, length: tokens.length, lengths: tokens.lengths)
    return ExaminedBatch(
      sources: side == .source ? changed : batch.sources,
      inputs: side == .target ? changed : batch.inputs, precision: batch.precision)
  }
}
