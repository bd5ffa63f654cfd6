import Foundation
import SeqModels
import SeqTensors
import SeqText
import Testing

/// Padded ids in and padded log-probabilities out are the ragged ones inside, whatever the padding.
@Suite struct PaddedBorderTests {
  struct Padding: Sendable, CustomTestStringConvertible {
    var token: Int32
    var room: Int
    var testDescription: String { "token \(token), \(room) more" }
  }

  static let paddings: [Padding] = [
    Padding(token: 0, room: 0), Padding(token: 0, room: 7), Padding(token: 2, room: 1),
    // No id at all, and one that means something.
    Padding(token: -100, room: 3), Padding(token: 9, room: 12),
  ]

  @Test(arguments: Variant.two + Variant.long + Variant.documents, paddings)
  func equalsTheRaggedInside(variant: Variant, padding: Padding) {
    let model = variant.model(seed: 3)
    let pairs = model.randomPairs(count: 9, seed: 4)
    let inputs = pairs.map { [SpecialTokens.standard.beginning] + $0.target }
    func padded(_ sequences: [[Int32]]) -> PaddedTokens {
      PaddedTokens(
        sequences, padToken: padding.token,
        to: (sequences.map(\.count).max() ?? 0) + padding.room)
    }
    let (sources, targets) = (padded(pairs.map(\.source)), padded(inputs))
    let found = model.logProbabilities(
      sources: sources, inputs: targets, in: Context(mode: .inference))
    let columns = model.vocabularies.target
    #expect(found.shape == [9, targets.length, columns])

    let logits = model.logits(of: pairs, in: Context(mode: .inference))
    let values = found.values
    for (index, sentence) in logits.enumerated() {
      for position in 0..<targets.length {
        let start = (index * targets.length + position) * columns
        let row = Array(values[start..<start + columns])
        guard position < inputs[index].count else {
          #expect(row.allSatisfy { $0 == 0 })
          continue
        }
        let expected = sentence[position * columns..<(position + 1) * columns].map(Double.init)
        let largest = expected.max() ?? 0
        let total = largest + log(expected.reduce(0) { $0 + exp($1 - largest) })
        #expect(zip(row, expected).allSatisfy { abs(Double($0) - ($1 - total)) < 1e-5 })
      }
    }
  }

  @Test func lengthsAndMasksAreTheSame() throws {
    let ids: [Int32] = [5, 6, 2, 0, 7, 2, 0, 0]
    let byMask = try PaddedTokens(
      ids,
      padding: BooleanTensor(
        [false, false, false, true, false, false, true, true], shape: [2, 4]))
    #expect(byMask == PaddedTokens(ids, length: 4, lengths: [3, 2]))
    #expect(byMask.sequences == [[5, 6, 2], [7, 2]])
    #expect(byMask == PaddedTokens([[5, 6, 2], [7, 2]], to: 4))
    #expect(try byMask.padding.lengths() == [3, 2])
    #expect(throws: MaskError.paddingBeforeToken(sequence: 0, position: 3)) {
      try PaddedTokens(
        ids,
        padding: BooleanTensor(
          [false, false, true, false, false, false, true, true], shape: [2, 4]))
    }
  }

  /// A source that is nothing but padding gives numbers all the same: there is nothing to attend
  /// to, and that is zero.
  @Test func aSourceOfPaddingAlone() {
    let model = Variant.all[0].model(seed: 9)
    let found = model.logProbabilities(
      sources: PaddedTokens([0, 0, 5, 2], length: 2, lengths: [0, 2]),
      inputs: PaddedTokens([1, 1], length: 1, lengths: [1, 1]), in: Context(mode: .inference))
    #expect(found.values.allSatisfy { $0.isFinite })
  }
}
