import SeqModels
import SeqTensors
import SeqTestSupport
import Testing

/// What a model says it attended to, against what it does.
@Suite struct PairAttentionTests {
  @Test(arguments: (Variant.two + Variant.long + Variant.documents).filter { $0.longInput.isToken })
  func everyLayerAndHead(variant: Variant) {
    let model = variant.model(seed: 5)
    let pairs = model.randomPairs(count: 6, seed: 6)
    let batch = TokenBatch(pairs, .standard)
    let found = model.attention(of: batch, in: Context(mode: .inference))
    #expect(found.count == pairs.count)
    for (pair, attention) in zip(pairs, found) {
      let (source, target) = (pair.source.count, pair.target.count + 1)
      for (maps, layers, rows, columns) in [
        (attention.encoder, 2, source, source), (attention.decoder, 3, target, target),
        (attention.cross, 3, target, source),
      ] {
        #expect(maps.count == layers)
        for map in maps {
          #expect((map.headCount, map.queryCount, map.keyCount) == (4, rows, columns))
          for head in 0..<4 {
            for row in map.rows(ofHead: head) { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
          }
        }
      }
      for map in attention.decoder {
        for head in 0..<4 {
          for query in 0..<target {
            for key in 0..<target { #expect((map[head, query, key] == 0) == (key > query)) }
          }
        }
      }
    }
    // Alone in its batch a pair has the same weights.
    let alone = TokenBatch([pairs[2]], .standard)
    #expect(
      largestDifference(
        model.attention(of: alone, in: Context(mode: .inference))[0].cross[1].weights,
        found[2].cross[1].weights) <= Machine.batchTolerance)
  }

  @Test func lookingChangesNothing() {
    let model = Variant.all[0].model(seed: 7)
    let context = Context(mode: .inference)
    let pairs = model.randomPairs(count: 4, seed: 8)
    let before = model.logits(of: pairs, in: context)
    _ = model.attention(
      of: TokenBatch(pairs, .standard),
      in: context)
    #expect(model.logits(of: pairs, in: context) == before)
  }
}
