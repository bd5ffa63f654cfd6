import SeqModels
import SeqTensors
import SeqText
import SeqTestSupport
import Testing

/// Draws belong to the sentence and the step, not to the batch or the worker.
@Suite struct DropoutTests {
  static let rates = [(0.3, 0.0, 0.0), (0.0, 0.3, 0.0), (0.0, 0.0, 0.3), (0.2, 0.2, 0.2)]

  @Test(arguments: Variant.two, rates)
  func theKeyDecides(variant: Variant, rates: (Double, Double, Double)) throws {
    let model = variant.model(seed: 1, dropout: rates)
    let workers = Workers(model, count: 1)
    let pairs = model.randomPairs(count: 6, seed: 2)
    func loss(_ key: UInt64) throws -> Double { try workers.sums(of: pairs, dropoutKey: key).loss }
    let first = try loss(1)
    let again = try loss(1)
    #expect(again == first)
    let others = try (2..<12).map { try loss($0) }
    #expect(Set(others + [first]).count == 11)
  }

  @Test(arguments: Variant.all)
  func inferenceDropsNothing(variant: Variant) throws {
    let dropping = variant.model(seed: 3, dropout: (0.3, 0.3, 0.3))
    let whole = variant.model(seed: 3)
    let pairs = whole.randomPairs(count: 6, seed: 4)
    func logits(_ model: Transformer, _ mode: Context.Mode) -> [Float] {
      model.logits(of: pairs, in: Context(mode: mode, store: model.store)).flatMap { $0 }
    }
    let expected = logits(whole, .training)
    let problem = Tolerance.golden.problem(logits(dropping, .inference), expected)
    #expect(problem == nil)
    #expect(largestDifference(logits(dropping, .training), expected) > 0.1)
  }

  /// However many workers there are and whatever each is dealt, the sums are the same to rounding.
  @Test(arguments: Variant.two + Variant.long + Variant.documents, rates)
  func workersChangeNothing(variant: Variant, rates: (Double, Double, Double)) throws {
    // No ReLU of these models is so near its kink that rounding decides on which side it is.
    let model = variant.model(seed: 20, dropout: rates)
    let pairs = model.randomPairs(count: 9, seed: 6)
    let one = Workers(model, count: 1)
    let expected = try one.sums(of: pairs, labelSmoothing: 0.1, dropoutKey: 7)
    let gradients = try one.takeGradients()
    for count in [2, 3, 12] {
      let several = Workers(model, count: count)
      let sums = try several.sums(of: pairs, labelSmoothing: 0.1, dropoutKey: 7)
      #expect(abs(sums.loss - expected.loss) <= 1e-6 * expected.loss)
      #expect(
        abs(sums.negativeLogLikelihood - expected.negativeLogLikelihood) <= 1e-6 * expected.loss)
      #expect(sums.correctCount == expected.correctCount)
      let problems = model.store.problems(ofGradients: try several.takeGradients(), gradients)
      #expect(problems.isEmpty)
    }
    // Another dealing, and another order within a worker.
    let two = Workers(model, count: 2)
    let shares = [[pairs[8], pairs[0], pairs[3]], [5, 1, 2, 7, 6, 4].map { pairs[$0] }]
    let sums = try two.sums(ofDealt: shares, labelSmoothing: 0.1, dropoutKey: 7)
    #expect(abs(sums.loss - expected.loss) <= 1e-6 * expected.loss)
    let problems = model.store.problems(ofGradients: try two.takeGradients(), gradients)
    #expect(problems.isEmpty)
  }

  /// The same dealing without the numbers: what the test above would see if draws followed the
  /// batch.
  @Test(arguments: Variant.two)
  func rowNumbersAreWhatHoldsDrawsInPlace(variant: Variant) throws {
    let model = variant.model(seed: 8, dropout: (0.2, 0.2, 0.2))
    let pairs = model.randomPairs(count: 9, seed: 9)
    let expected = try Workers(model, count: 1).sums(of: pairs, dropoutKey: 7).loss
    let shares = TokenBatch.deal(pairs, workerCount: 2).map { TokenBatch.numberingRows($0) }
    let other = try Workers(model, count: 2).sums(ofDealt: shares, dropoutKey: 7).loss
    #expect(abs(other - expected) > 1e-3 * expected)
  }

  @Test func equalPairsDrawApart() throws {
    let model = Variant.two[0].model(seed: 10, dropout: (0.2, 0.2, 0.2))
    let pair = TokenBatch.Pair(source: [7, 8, 9, SpecialTokens.standard.end], target: [10, 11])
    let pairs = TokenBatch.numberingRows([pair, pair])
    let context = Context(mode: .training, store: model.store)
    let numbered = model.logits(of: pairs, in: context)
    #expect(largestDifference(numbered[0], numbered[1]) > 1e-3)
    // With equal row ids they draw alike.
    let alike = model.logits(of: [pair, pair], in: context)
    #expect(largestDifference(alike[0], alike[1]) <= 1e-4)
  }
}
