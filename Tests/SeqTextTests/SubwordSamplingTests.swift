import Foundation
import SeqText
import Testing

/// Segmentations drawn at random: their probabilities, their extremes, their keys.
@Suite struct SubwordSamplingTests {
  /// The pieces ▁ a b c and joins of them, and no space before the text to be split off.
  static let pieces = ["▁", "a", "b", "c", "ab", "bc", "abc", "▁a", "▁ab"]
  static let scores: [Float] = [-2, -1, -1.5, -1, -1.8, -2.2, -2.9, -2.4, -3.1]

  static func table(_ scores: [Float] = scores) -> PieceTable {
    PieceTable(
      pieces: pieces.enumerated().map { (Array($1.utf8), Int32($0) + 4) },
      scores: [0, 0, 0, 0] + scores, unknown: 3, byteIDs: nil)
  }

  /// Every way to write a text in the pieces, with its summed score.
  static func segmentations(_ text: ArraySlice<UInt8>) -> [(ids: [Int32], score: Double)] {
    if text.isEmpty { return [([], 0)] }
    return pieces.enumerated().flatMap { index, piece -> [(ids: [Int32], score: Double)] in
      guard text.starts(with: piece.utf8) else { return [] }
      return segmentations(text.dropFirst(piece.utf8.count)).map {
        ([Int32(index) + 4] + $0.ids, Double(scores[index]) + $0.score)
      }
    }
  }

  @Test("Unigram segmentations are as frequent as the model says", arguments: [0.1, 0.5, 1, 2])
  func unigramFrequencies(alpha: Double) {
    let text = Array("▁abcab".utf8)
    let all = SubwordSamplingTests.segmentations(text[...])
    let weights = all.map { exp(alpha * $0.score) }
    let total = weights.reduce(0, +)
    let lattice = UnigramLattice(
      SegmentationText(normalized: text), table: SubwordSamplingTests.table())
    var counts: [[Int32]: Int] = [:]
    let drawCount = 40_000
    for key in 0..<drawCount {
      counts[lattice.sampledIDs(alpha: alpha, key: UInt64(key)), default: 0] += 1
    }
    #expect(Set(counts.keys).isSubset(of: Set(all.map(\.ids))))
    var chiSquare = 0.0
    for (segmentation, weight) in zip(all, weights) {
      let expected = Double(drawCount) * weight / total
      let difference = Double(counts[segmentation.ids] ?? 0) - expected
      chiSquare += difference * difference / expected
    }
    let freedom = Double(all.count - 1)
    #expect(all.count == 14)
    // Mean and deviation of the distribution; 4.5 deviations above the mean.
    #expect(chiSquare < freedom + 4.5 * (2 * freedom).squareRoot(), "\(chiSquare)")
  }

  @Test("The best segmentation is the one of the highest score")
  func unigramBest() throws {
    for word in ["▁abc", "▁aabbcc", "▁cabcab▁ab", "▁bca"] {
      let text = Array(word.utf8)
      let best = try #require(
        SubwordSamplingTests.segmentations(text[...]).max { $0.score < $1.score })
      let lattice = UnigramLattice(
        SegmentationText(normalized: text), table: SubwordSamplingTests.table())
      #expect(lattice.bestIDs() == best.ids)
      // A large exponent leaves nothing else to draw.
      for key in 0..<100 { #expect(lattice.sampledIDs(alpha: 500, key: UInt64(key)) == best.ids) }
    }
  }

  @Test("BPE-dropout draws each segmentation as often as algorithm 1 does")
  func dropoutFrequencies() {
    // Merges in order: ab, bc, ▁a, abc from ab+c or a+bc, ▁ab.
    let ranks: [Float] = [0, 0, 0, 0, -1, -2, -4, -3, -5]
    let table = SubwordSamplingTests.table(ranks)
    let text = Array("▁abc".utf8)
    let dropout = 0.4
    var expected: [[Int32]: Double] = [:]
    /// Follows the algorithm over all outcomes: each merge is the one applied with the probability
    /// that it is kept and all better ones are dropped.
    func follow(_ symbols: [[UInt8]], _ probability: Double) {
      let merges = symbols.indices.dropLast().compactMap { left -> (Float, Int)? in
        let joined = symbols[left] + symbols[left + 1]
        let index = SubwordSamplingTests.pieces.firstIndex { Array($0.utf8) == joined }
        return index.map { (ranks[$0], left) }
      }.sorted { $0.0 != $1.0 ? $0.0 > $1.0 : $0.1 < $1.1 }
      var allDropped = probability
      for (_, left) in merges {
        var next = symbols
        next[left] += next.remove(at: left + 1)
        follow(next, allDropped * (1 - dropout))
        allDropped *= dropout
      }
      let ids = symbols.compactMap { symbol in
        SubwordSamplingTests.pieces.firstIndex { Array($0.utf8) == symbol }.map { Int32($0) + 4 }
      }
      expected[ids, default: 0] += allDropped
    }
    follow(["▁", "a", "b", "c"].map { Array($0.utf8) }, 1)

    var counts: [[Int32]: Int] = [:]
    let drawCount = 40_000
    for key in 0..<drawCount {
      let ids = BytePairMerger.ids(
        of: SegmentationText(normalized: text), table: table, dropout: dropout, key: UInt64(key))
      counts[ids, default: 0] += 1
    }
    #expect(Set(counts.keys).isSubset(of: Set(expected.keys)))
    var chiSquare = 0.0
    for (ids, probability) in expected {
      let mean = Double(drawCount) * probability
      chiSquare += (Double(counts[ids] ?? 0) - mean) * (Double(counts[ids] ?? 0) - mean) / mean
    }
    let freedom = Double(expected.count - 1)
    #expect(expected.count > 5)
    #expect(chiSquare < freedom + 4.5 * (2 * freedom).squareRoot(), "\(chiSquare)")
  }

  @Test("Dropout 0 is the plain segmentation, 1 is single characters, and keys decide the rest")
  func dropoutExtremes() throws {
    let texts = SyntheticText.sentences(400)
    let model = try SentencePieceTrainingTests.train(.bpe, size: 400, texts: texts)
    let tokenizer = try SentencePieceTokenizer(serializedModel: model)
    var changed = 0
    for (number, text) in texts.enumerated() {
      func sampled(_ dropout: Double, _ key: Int) -> [Int32] {
        tokenizer.encode(text, sampling: .init(dropout: dropout), key: UInt64(key))
      }
      let plain = tokenizer.encode(text)
      #expect(sampled(0, number) == plain)
      let characters = sampled(1, number).map { tokenizer.vocabulary.pieces[Int($0)] }
      #expect(
        characters.allSatisfy { String(decoding: $0, as: UTF8.self).unicodeScalars.count == 1 })
      #expect(characters.count == String(decoding: text, as: UTF8.self).unicodeScalars.count + 1)
      #expect(sampled(0.3, number) == sampled(0.3, number))
      #expect(tokenizer.decodeBytes(sampled(0.3, number)) == text)
      if sampled(0.3, number) != sampled(0.3, number + 1) { changed += 1 }
    }
    #expect(changed > 300)
  }
}
