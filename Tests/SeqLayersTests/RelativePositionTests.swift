import SeqLayers
import SeqTensors
import Testing

/// Relative positions against Hugging Face transformers: results, gradients, buckets and slopes.
@Suite struct RelativePositionTests {
  private struct Description: Decodable {
    let headCount: Int
    let headSize: Int
    let span: Int
    let bucketCount: Int
    let maxDistance: Int
    let clip: Int
  }

  enum Scheme: String, CaseIterable {
    case t5, t5Causal = "t5_causal", deberta, shaw, rotary, alibi
    case alibiTwoSided = "alibi_two_sided"

    var isCausal: Bool { self == .t5Causal || self == .alibi }
  }

  /// The scheme with fresh parameters, and what the recording calls these.
  private func positions(_ scheme: Scheme, _ sizes: Description, in scope: ParameterScope)
    -> (AttentionPositions, names: [String: String])
  {
    let size = sizes.headCount * sizes.headSize
    switch scheme {
    case .t5, .t5Causal:
      let biases = scope["biases"].parameter(
        "weight", [sizes.bucketCount, sizes.headCount], .constant(0))
      let buckets = DistanceBuckets.logarithmic(
        count: sizes.bucketCount, maximum: sizes.maxDistance, twoSided: scheme == .t5)
      return (.biases(biases, buckets), ["biases.weight": "biases"])
    case .deberta:
      let table = scope["table"].parameter("weight", [2 * sizes.span, size], .constant(0))
      return (
        .disentangled(DisentangledPositions(in: scope, table: table, columns: table.shape[1])),
        [
          "table.weight": "table", "position_key.weight": "key",
          "position_query.weight": "query", "position_query.bias": "query_bias",
        ]
      )
    case .shaw:
      let table = scope["table"].parameter(
        "weight", [2 * sizes.clip + 1, sizes.headSize], .constant(0))
      return (.keys(table, .clipped(maximum: sizes.clip)), ["table.weight": "table"])
    case .rotary: return (.rotary(RotaryPositions(headSize: sizes.headSize)), [:])
    case .alibi: return (.slopes(.causal(headCount: sizes.headCount)), [:])
    case .alibiTwoSided: return (.slopes(.twoSided(headCount: sizes.headCount)), [:])
    }
  }

  @Test(arguments: Scheme.allCases)
  func resultsAndGradients(scheme: Scheme) throws {
    let golden = try RecordedTensors("relative-positions")
    let sizes = try golden.description(Description.self)
    let store = ParameterStore()
    let (positions, names) = positions(scheme, sizes, in: store.root)
    #expect(names.count == store.parameters.count)
    let prefix = "\(scheme.rawValue)/gradients/"
    for parameter in store.parameters {
      let name = try #require(names[parameter.name])
      parameter.assign(try golden.floats("\(scheme.rawValue)/parameters/\(name)"))
    }
    let context = Context(mode: .training, store: store)
    let x = try golden.variable("x", context, Sequences(lengths: try golden.lengths("lengths")))
    let size = sizes.headCount * sizes.headSize
    var projected = x
    if case .rotary(let rotary) = positions { projected = x.rotated(rotary, columnCount: 2 * size) }
    let output = attention(
      queries: projected.slice(0, size: size), keys: projected.slice(size, size: size),
      values: projected.slice(2 * size, size: size), headCount: sizes.headCount,
      mask: scheme.isCausal ? .causal : .none,
      relative: positions.relative(headSize: sizes.headSize, in: context)
    ).output
    #expect(try golden.problem("\(scheme.rawValue)/output", output.values) == nil)

    let loss = try #require(weightedSum([(output, weights: try golden.floats("weights"))]))
    let scale = try golden.scale(prefix: prefix)
    let gradient = loss.backward(to: [x])[0]
    #expect(try golden.problem(prefix + "x", gradient, scale: scale) == nil)
    for parameter in store.parameters {
      let name = prefix + (names[parameter.name] ?? "")
      #expect(try golden.problem(name, context.gradients[parameter], scale: scale) == nil)
    }
  }

  @Test(arguments: [true, false])
  func logarithmicBuckets(twoSided: Bool) throws {
    let golden = try RecordedTensors("relative-positions")
    let recorded = try golden.lengths("buckets/\(twoSided ? "two_sided" : "one_sided")")
    let buckets = DistanceBuckets.logarithmic(count: 32, maximum: 128, twoSided: twoSided)
    #expect(recorded.count == 601)
    #expect(recorded == (-300...300).map { buckets.bucket(of: $0) })
  }

  @Test(arguments: [1, 2, 3, 6, 8, 12, 16])
  func slopes(headCount: Int) throws {
    let golden = try RecordedTensors("relative-positions")
    let found = DistanceSlopes.causal(headCount: headCount)
    #expect(found.before.count == headCount && found.before == found.after)
    #expect(try golden.problem("slopes/\(headCount)", found.before) == nil)
  }

  /// Half of the heads see one side, the others the other, each half with the slopes of as many heads.
  @Test(arguments: [2, 3, 8])
  func slopesOfTwoSides(headCount: Int) {
    let found = DistanceSlopes.twoSided(headCount: headCount)
    let hidden = DistanceSlopes.hiding
    let (back, ahead) = ((headCount + 1) / 2, headCount / 2)
    let paper = { DistanceSlopes.causal(headCount: $0).before }
    #expect(found.before == paper(back) + Array(repeating: hidden, count: ahead))
    #expect(found.after == Array(repeating: hidden, count: back) + paper(ahead))
  }

  /// Clipped and spanned buckets by their definitions, at the edges too.
  @Test func bucketsOfTheOthers() {
    let clipped = DistanceBuckets.clipped(maximum: 2)
    #expect((-4...4).map { clipped.bucket(of: $0) } == [0, 0, 0, 1, 2, 3, 4, 4, 4])
    // Query minus key from −2 up to 1.
    let spanned = DistanceBuckets.spanned(2)
    #expect((-4...4).map { spanned.bucket(of: $0) } == [3, 3, 3, 3, 2, 1, 0, 0, 0])
    for buckets in [clipped, spanned, .logarithmic(count: 8, maximum: 10, twoSided: true)] {
      #expect((-50...50).allSatisfy { 0..<buckets.count ~= buckets.bucket(of: $0) })
    }
  }

  /// Turned by one position more, both sides of every product see the same distance.
  @Test func rotationKnowsDistancesOnly() throws {
    let golden = try RecordedTensors("relative-positions")
    let context = Context(mode: .inference)
    let x = try golden.variable("x", context, Sequences(lengths: try golden.lengths("lengths")))
    let rotary = RotaryPositions(headSize: 8)
    func output(from first: Int) -> [Float] {
      let turned = x.rotated(rotary, columnCount: 32, firstPosition: first)
      return attention(
        queries: turned.slice(0, size: 16), keys: turned.slice(16, size: 16),
        values: turned.slice(32, size: 16), headCount: 2
      ).output.values
    }
    #expect(zip(output(from: 0), output(from: 37)).allSatisfy { abs($0 - $1) < 1e-4 })
    let turned = x.rotated(rotary, columnCount: 32)
    #expect(turned.values != x.values)
    // The values, which are no part of a product with a distance, stay.
    #expect(
      (0..<x.shape.rows).allSatisfy { row in
        turned.values[row * 48 + 32..<row * 48 + 48] == x.values[row * 48 + 32..<row * 48 + 48]
      })
  }
}
