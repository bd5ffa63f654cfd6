import SeqDecoding
import SeqModels
import SeqTensors
import SeqText
import Testing

/// Who sees whom, found by changing one token and looking at what changes with it.
@Suite struct VisibilityTests {
  /// For every row whether any number in it changed.
  private func changedRows(_ a: [Float], _ b: [Float], columns: Int) -> [Bool] {
    stride(from: 0, to: a.count, by: columns).map {
      a[$0..<$0 + columns] != b[$0..<$0 + columns]
    }
  }

  @Test(arguments: Variant.all, [Context.Mode.training, .inference])
  func theDecoderSeesNoFuture(variant: Variant, mode: Context.Mode) throws {
    let model = variant.model(seed: 1)
    let context = Context(mode: mode, store: model.store)
    let source: [Int32] = [7, 9, 11, SpecialTokens.standard.end]
    let target: [Int32] = [5, 6, 7, 8, 9, 10, 11, 12]
    let columns = model.vocabularies.target
    let before = model.logits(of: [.init(source: source, target: target)], in: context)[0]
    for position in target.indices {
      var other = target
      other[position] = 20
      let after = model.logits(of: [.init(source: source, target: other)], in: context)[0]
      // Row t is computed from BOS and the first t tokens; it predicts token t.
      #expect(
        changedRows(before, after, columns: columns) == (0...target.count).map { $0 > position })
    }
  }

  @Test(
    arguments: Variant.all.filter { $0.longInput.isToken }, [Context.Mode.training, .inference])
  func theEncoderSeesBothWays(variant: Variant, mode: Context.Mode) throws {
    let model = variant.model(seed: 2)
    let context = Context(mode: mode, store: model.store)
    let lengths = Sequences(lengths: [3, 5, 2])
    let ids: [Int32] = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    let before = model.encode(ids, lengths, in: context).memory.values
    for (changed, sentence) in [(3, 3..<8), (5, 3..<8), (7, 3..<8), (0, 0..<3), (9, 8..<10)] {
      var other = ids
      other[changed] = 20
      let after = model.encode(other, lengths, in: context).memory.values
      // Every row of the sentence, and none of another.
      #expect(
        changedRows(before, after, columns: model.encoder.memorySize)
          == ids.indices.map { sentence.contains($0) })
    }
  }

  @Test(arguments: Variant.all, [Context.Mode.training, .inference])
  func crossAttentionSeesItsOwnSentence(variant: Variant, mode: Context.Mode) throws {
    let model = variant.model(seed: 3)
    let context = Context(mode: mode, store: model.store)
    let pairs = model.randomPairs(count: 5, seed: 4)
    let columns = model.vocabularies.target
    let before = model.logits(of: pairs, in: context)
    for changed in pairs.indices {
      var other = pairs
      other[changed].source[0] = other[changed].source[0] == 20 ? 21 : 20
      let after = model.logits(of: other, in: context)
      for index in pairs.indices {
        let rows = changedRows(before[index], after[index], columns: columns)
        #expect(rows.count == pairs[index].target.count + 1)
        #expect(rows.allSatisfy { $0 == (index == changed) })
      }
    }
  }

  /// Same tokens, other order: other memories, so positions count.
  @Test(arguments: Variant.all)
  func orderCounts(variant: Variant) throws {
    let model = variant.model(seed: 5)
    let context = Context(mode: .inference)
    let target: [Int32] = [5, 6]
    let logits = [[4, 5, 6, 2], [5, 4, 6, 2]].map { source in
      model.logits(of: [.init(source: source, target: target)], in: context)[0]
    }
    #expect(largestDifference(logits[0], logits[1]) > 1e-3)
    let swapped = model.logits(of: [.init(source: [4, 5, 6, 2], target: [6, 5])], in: context)[0]
    let columns = model.vocabularies.target
    #expect(
      largestDifference(Array(logits[0].suffix(columns)), Array(swapped.suffix(columns))) > 1e-3)
  }

  /// Read from its other end a source is another one: what tells distances apart tells directions
  /// apart too, with nothing at either end to go by.
  @Test(arguments: Variant.all)
  func directionCounts(variant: Variant) throws {
    let model = variant.model(seed: 7)
    let context = Context(mode: .inference)
    let source: [Int32] = [4, 5, 6, 7, 8]
    let logits = [source, source.reversed()].map {
      model.logits(of: [.init(source: $0, target: [5, 6])], in: context)[0]
    }
    #expect(largestDifference(logits[0], logits[1]) > 1e-3)
  }

  /// An empty source is a memory of nothing: attention to it gives zeros, never NaN.
  @Test(arguments: Variant.two + Variant.long + Variant.documents)
  func anEmptySourceHasFiniteScores(variant: Variant) throws {
    let model = variant.model(seed: 6)
    let pairs: [TokenBatch.Pair] = [
      .init(source: [], target: [5, 6]), .init(source: [7, 8], target: []),
      .init(source: [], target: []),
    ]
    let context = Context(mode: .inference)
    let together = model.logits(of: pairs, in: context)
    #expect(together.map(\.count) == [3, 1, 1].map { $0 * model.vocabularies.target })
    #expect(together.joined().allSatisfy { $0.isFinite })
    let workers = Workers(model, count: 1)
    let loss = try workers.sums(of: pairs).loss
    #expect(loss.isFinite)
    let gradients = try workers.takeGradients()
    #expect(gradients.joined().allSatisfy { $0.isFinite })
    let steps = model.steps(in: context)
    var state = try steps.start(sources: pairs.map(\.source))
    let tokens = pairs.map { _ in steps.beginToken }
    let scores = try steps.step(tokens, state: &state, StepRequest(best: 3))
    #expect(scores.logProbabilities.allSatisfy { $0.isFinite })
    #expect(scores.tokens[0..<3] == scores.tokens[6..<9])
  }
}
