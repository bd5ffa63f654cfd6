import SeqKernels
import SeqDecoding
import SeqModels
import SeqOptimizers
import SeqTensors
import SeqTestSupport
import Testing

/// The Transformer against PyTorch's modules in float64: every choice of norm, activation,
/// positions and tying occurs in one of the files, and an encoder of documents in two.
@Suite struct TransformerGoldenTests {
  @Test(arguments: Golden.names)
  func forwardAgrees(name: String) throws {
    let golden = try Golden(name)
    let model = try golden.model()
    let batch = TokenBatch(
      try golden.pairs(), model.specialTokens)
    for mode in [Context.Mode.training, .inference] {
      let context = Context(mode: mode, store: model.store)
      let memory = model.encode(batch.sourceIDs, batch.sources, in: context).memory
      let states = model.states(of: batch, in: context)
      let logits = model.logits(states).values
      let logProbabilities = logSoftmax(logits, columns: model.vocabularies.target)
      for (name, found) in [
        ("memory", memory.values), ("logits", logits), ("log_probabilities", logProbabilities),
      ] {
        let problem = Tolerance.golden.problem(found, try golden.floats(name))
        #expect(problem == nil, "\(name), \(mode)")
      }
      let (loss, sums) = model.loss(
        states, labels: batch.labels, labelSmoothing: golden.task.labelSmoothing,
        scale: 1 / Float(batch.targetTokenCount))
      let means = [loss.scalar, Float(sums.loss / Double(batch.targetTokenCount))]
      let expected = try golden.doubles("loss")
      let problem = Tolerance.golden.problem(means, expected + expected)
      #expect(problem == nil, "loss, \(mode)")
    }
  }

  @Test(arguments: Golden.names, [1, 2, 4])
  func gradientsAgree(name: String, workerCount: Int) throws {
    let golden = try Golden(name)
    let model = try golden.model()
    let pairs = try golden.pairs()
    let workers = Workers(model, count: workerCount)
    _ = try workers.sums(of: pairs, labelSmoothing: golden.task.labelSmoothing)
    let gradients = try workers.takeGradients(scale: 1 / Double(targetTokenCount(pairs)))
    let expected = try model.store.parameters.map { try golden.floats("gradients/" + $0.name) }
    let problems = model.store.problems(ofGradients: gradients, expected)
    #expect(problems.isEmpty)
  }

  @Test(arguments: Golden.names, [1, 2, 4])
  func tenStepsOfAdamWAgree(name: String, workerCount: Int) throws {
    let golden = try Golden(name)
    let model = try golden.model()
    let pairs = try golden.pairs()
    let workers = Workers(model, count: workerCount)
    let optimizer = Adam(golden.optimizer, store: model.store)
    let tokenCount = targetTokenCount(pairs)
    var losses: [Double] = []
    var norms: [Double] = []
    for step in 0...golden.task.stepCount {
      let sums = try workers.sums(of: pairs, labelSmoothing: golden.task.labelSmoothing)
      losses.append(sums.loss / Double(tokenCount))
      guard step < golden.task.stepCount else { break }
      norms.append(
        try workers.update(
          with: optimizer, tokenCount: tokenCount, rate: golden.task.learningRate))
    }
    for (name, found) in [("losses", losses), ("gradient_norms", norms)] {
      let problem = Tolerance.golden.problem(found.map { Float($0) }, try golden.doubles(name))
      #expect(problem == nil, "\(name)")
    }
    for parameter in model.store.parameters {
      var ours = parameter.values
      var expected = try golden.floats("final_parameters/" + parameter.name)
      if let rows = golden.flat[parameter.name] {
        ours.removeSubrange(rows)
        expected.removeSubrange(rows)
      }
      let problem = Tolerance.golden.problem(ours, expected)
      #expect(problem == nil, "\(parameter.name)")
    }
  }

  /// The decoder's caches against PyTorch, without a forward pass of ours between them.
  @Test(arguments: Golden.names)
  func decodingStepsAgree(name: String) throws {
    let golden = try Golden(name)
    let model = try golden.model()
    let pairs = try golden.pairs()
    let columns = model.vocabularies.target
    let expected = try golden.floats("log_probabilities")
    let steps = model.steps(in: Context(mode: .inference))
    #expect(steps.beginToken == golden.task.bos && steps.endToken == golden.task.eos)
    var firstRow = 0
    for pair in pairs {
      var state = try steps.start(sources: [pair.source])
      for (position, token) in ([golden.task.bos] + pair.target).enumerated() {
        let scores = try steps.step([token], state: &state, StepRequest(best: columns))
        var row = [Float](repeating: .nan, count: columns)
        for (id, score) in zip(scores.tokens, scores.logProbabilities) { row[Int(id)] = score }
        let start = (firstRow + position) * columns
        let problem = Tolerance.golden.problem(row, Array(expected[start..<start + columns]))
        #expect(problem == nil, "position \(position)")
      }
      firstRow += pair.target.count + 1
    }
  }

  /// The same seed and worker count give the same bits, on the same machine.
  @Test(arguments: [1, 2])
  func trainingRepeatsBitForBit(workerCount: Int) throws {
    let golden = try Golden(Golden.names[0])
    let pairs = try golden.pairs()
    let runs = try (0..<2).map { _ in
      let model = try golden.model()
      let workers = Workers(model, count: workerCount)
      let optimizer = Adam(golden.optimizer, store: model.store)
      for _ in 0..<5 {
        _ = try workers.sums(of: pairs, labelSmoothing: golden.task.labelSmoothing)
        _ = try workers.update(with: optimizer, tokenCount: targetTokenCount(pairs), rate: 1e-3)
      }
      return model.store.parameters.map(\.values)
    }
    #expect(runs[0] == runs[1])
  }
}
