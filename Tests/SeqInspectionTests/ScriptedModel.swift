import SeqDecoding
import SeqKernels
import SeqModels
import SeqTensors
import SeqText

/// A model that follows a script: what it finds likeliest after a source and a past is given by a
/// function, and padding, which never comes out, has more probability than anything else.
struct ScriptedModel: EncoderDecoder {
  let configuration = ModelConfiguration.transformer(TransformerConfiguration())
  let store = ParameterStore()
  let vocabularies = VocabularySizes(source: 16, target: 16)
  let lengthLimit: Int? = nil
  /// The likeliest token after the source's first id and the tokens so far, without BOS.
  let next: @Sendable (Int32, [Int32]) -> Int32

  func states(of batch: TokenBatch, feed: (any InputFeed)?, in context: Context) -> DecodedStates {
    var rows: [Float] = []
    for pair in batch.sources.lengths.indices {
      let source = batch.sourceIDs[batch.sources.offsets[pair]]
      let inputs = Array(
        batch.inputIDs[batch.targets.offsets[pair]..<batch.targets.offsets[pair + 1]])
      for place in inputs.indices { rows += logits(source, Array(inputs[1...].prefix(place))) }
    }
    return DecodedStates(
      context.tensor(rows, shape: [rows.count / 16, 16], sequences: batch.targets))
  }

  func attention(of batch: TokenBatch, in context: Context) -> [PairAttention] { [] }

  func loss(
    _ states: DecodedStates, labels: [Int32], labelSmoothing: Double, scale: Float
  ) -> (loss: Tensor, sums: LossSums) { (states.tensor, LossSums()) }

  func logits(_ states: DecodedStates) -> Tensor { states.tensor }

  func steps(in context: Context) -> Steps { Steps(model: self) }

  fileprivate func logits(_ source: Int32, _ past: [Int32]) -> [Float] {
    var row = [Float](repeating: -8, count: 16)
    row[Int(SpecialTokens.standard.padding)] = 9
    row[Int(next(source, past))] = 4
    return row
  }

  struct Steps: StepModel {
    struct State {
      var rows: [(source: Int32, past: [Int32])]
    }

    let model: ScriptedModel
    let vocabularySize = 16
    let beginToken = SpecialTokens.standard.beginning
    let endToken = SpecialTokens.standard.end
    let excludedTokens = [SpecialTokens.standard.padding, SpecialTokens.standard.beginning]

    func start(sources: [[Int32]]) -> State { State(rows: sources.map { ($0[0], []) }) }

    func step(
      _ tokens: [Int32], state: inout State, _ request: StepRequest
    ) -> BestScores {
      let count = request.best
      var (ids, scores): ([Int32], [Float]) = ([], [])
      for (row, token) in tokens.enumerated() {
        if token != SpecialTokens.standard.beginning { state.rows[row].past.append(token) }
        let logits = model.logits(state.rows[row].source, state.rows[row].past)
        let order = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }.prefix(count)
        ids += order.map { Int32($0) }
        scores += order.map { logits[$0] }
      }
      return BestScores(countPerRow: count, tokens: ids, logProbabilities: scores)
    }

    func reorder(_ state: inout State, rows: [Int]) { state.rows = rows.map { state.rows[$0] } }
  }
}
