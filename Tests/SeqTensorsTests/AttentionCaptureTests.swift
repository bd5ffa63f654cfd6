import Foundation
import SeqTensors
import SeqTestSupport
import Testing

/// The weights that looking gives, beside the operation that computes without keeping them.
@Suite struct AttentionCaptureTests {
  /// `softmax(q·k/√d)` worked out by hand: scores 0 and ln 3 give 1/4 and 3/4.
  @Test func byHand() {
    let context = Context(mode: .inference)
    let one = Sequences(lengths: [1])
    let two = Sequences(lengths: [2])
    // Two heads of size 1: the first has scores 0 and ln 3, the second ln 3 and 0.
    let ln3 = Float(log(3.0))
    let q = context.tensor([1, 2], shape: [1, 2], sequences: one)
    let k = context.tensor([0, ln3 / 2, ln3, 0], shape: [2, 2], sequences: two)
    let (_, maps) = context.capturingAttention {
      attention(
        queries: q.slice(0, size: 2), keys: k.slice(0, size: 2), values: k.slice(0, size: 2),
        headCount: 2)
    }
    #expect(maps.count == 1 && maps[0].count == 1)
    let map = maps[0][0]
    #expect((map.headCount, map.queryCount, map.keyCount) == (2, 1, 2))
    for (found, expected) in zip(map.weights, [0.25, 0.75, 0.75, 0.25]) {
      #expect(abs(Double(found) - expected) < 1e-7)
    }
    #expect(map.rows(ofHead: 1) == [[map[1, 0, 0], map[1, 0, 1]]])
    #expect(map.meanRows.joined().allSatisfy { abs($0 - 0.5) < 1e-7 })
    // Scaled by 1/√4 now: four columns that hold twice the half of the scores.
    let wide = context.tensor([1, 1, 1, 1], shape: [1, 4], sequences: one)
    let keys = context.tensor(
      [0, 0, 0, 0] + Array(repeating: ln3 / 2, count: 4), shape: [2, 4], sequences: two)
    let scaled = context.capturingAttention {
      attention(
        queries: wide.slice(0, size: 4), keys: keys.slice(0, size: 4),
        values: keys.slice(0, size: 4), headCount: 1)
    }.maps[0][0]
    #expect(abs(scaled[0, 0, 1] - 0.75) < 1e-7)
  }

  static let masks: [AttentionMask] = [
    .none, .causal, .padding(lengths: [2, 0, 5]),
    AttentionMask.causal.union(.window(before: 1, after: 3, globalPositions: [0])),
  ]

  @Test(arguments: masks, [Context.Mode.training, .inference])
  func asTheOperationComputesThem(mask: AttentionMask, mode: Context.Mode) {
    let context = Context(mode: mode)
    let lengths = Sequences(lengths: [4, 1, 7])
    var seeded = SeededValues("capture")
    let x = context.variable(seeded.normal(12 * 24), shape: [12, 24], sequences: lengths)
    let ((_, weights), maps) = context.capturingAttention {
      attention(
        queries: x.slice(0, size: 8), keys: x.slice(8, size: 8), values: x.slice(16, size: 8),
        headCount: 4, mask: mask)
    }
    for (sequence, length) in lengths.lengths.enumerated() {
      for head in 0..<4 {
        for query in 0..<length {
          let row = (0..<length).map { maps[0][sequence][head, query, $0] }
          let allowed = (0..<length).map {
            !mask.hides(
              query: query, key: $0, sequence: sequence, queryCount: length, keyCount: length)
          }
          #expect(abs(row.reduce(0, +) - (allowed.contains(true) ? 1 : 0)) < 1e-6)
          for key in 0..<length {
            #expect(allowed[key] == (row[key] > 0))
            let kept = weights.weight(sequence: sequence, head: head, query: query, key: key)
            #expect(abs(row[key] - kept) < 2e-6)
          }
        }
      }
    }
  }

  @Test func onlyWhileAskedFor() {
    let context = Context(mode: .inference)
    let x = context.tensor([1, 2], shape: [1, 2], sequences: Sequences(lengths: [1]))
    func attend() {
      let all = x.slice(0, size: 2)
      _ = attention(queries: all, keys: all, values: all, headCount: 1)
    }
    attend()
    let outer = context.capturingAttention {
      attend()
      // Captures do not mix.
      #expect(context.capturingAttention { attend() }.maps.count == 1)
      attend()
    }
    #expect(outer.maps.count == 2)
    #expect(context.capturingAttention {}.maps.isEmpty)
  }
}
