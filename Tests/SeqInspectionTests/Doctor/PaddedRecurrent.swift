import Foundation
import SeqInspection
import SeqModels
import SeqTensors

/// A bidirectional recurrent encoder and a decoder that starts from its final states, over padded
/// rows in plain arrays: what an embedder of this package may bring.
struct PaddedRecurrent: ExaminedModel {
  enum Fault: CaseIterable {
    /// Both directions run on through padding.
    case stateThroughPadding
    /// The forward direction is read after the padding, the states themselves are right.
    case finalAfterPadding
    /// Both directions read forward.
    case oneWay
  }

  let fault: Fault?
  let vocabularies = VocabularySizes(source: 11, target: 9)
  private let size = 6
  private let embeddings: [[Float]]
  private let weights: [[Float]]

  init(fault: Fault? = nil) {
    self.fault = fault
    var random = CountedRandom(3)
    func rows(_ count: Int, _ columns: Int) -> [[Float]] {
      (0..<count).map { _ in (0..<columns).map { _ in 0.7 * Float(random.normal()) } }
    }
    embeddings = rows(20, size)
    weights = rows(5, size * size)
  }

  private func product(_ matrix: Int, _ x: [Float]) -> [Float] {
    (0..<size).map { row in
      (0..<size).reduce(0) { $0 + weights[matrix][row * size + $1] * x[$1] }
    }
  }

  private func step(_ matrix: Int, _ state: [Float], _ id: Int32) -> [Float] {
    zip(product(matrix, state), embeddings[Int(id)]).map { tanh($0 + $1) }
  }

  /// The states of all positions, those of padding zeros, and the final one of both directions.
  private func encode(_ tokens: PaddedTokens, _ sentence: Int) -> (
    states: [[Float]], final: [Float]
  ) {
    let ids = Array(tokens.ids[sentence * tokens.length..<(sentence + 1) * tokens.length])
    let length = fault == .stateThroughPadding ? tokens.length : tokens.lengths[sentence]
    let zero = [Float](repeating: 0, count: size)
    func read(_ order: [Int], _ matrix: Int) -> ([[Float]], [Float]) {
      var states = ids.map { _ in zero }
      var state = zero
      for position in order {
        state = step(matrix, state, ids[position])
        states[position] = state
      }
      return (states, state)
    }
    let places = Array(0..<length)
    var (forward, final) = read(places, 0)
    let (backward, other) = read(fault == .oneWay ? places : places.reversed(), 1)
    if fault == .finalAfterPadding { final = read(Array(ids.indices), 0).1 }
    forward = zip(forward, backward).map { $0 + $1 }
    return (forward, zip(product(2, final), product(3, other)).map { tanh($0 + $1) })
  }

  func states(_ batch: ExaminedBatch) -> [LayerStates]? {
    let rows = (0..<batch.count).flatMap { encode(batch.sources, $0).states.joined() }
    return [
      LayerStates(
        name: "encoder", side: .source,
        values: PaddedValues(rows, extents: [batch.count, batch.sources.length, 2 * size]))
    ]
  }

  func logProbabilities(_ batch: ExaminedBatch) -> PaddedValues {
    var values: [Float] = []
    for sentence in 0..<batch.count {
      var state = encode(batch.sources, sentence).final
      for position in 0..<batch.inputs.length {
        state = step(4, state, batch.inputs.ids[sentence * batch.inputs.length + position])
        let logits = (0..<vocabularies.target).map { id in
          zip(state, embeddings[id]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        }
        let total = log(logits.reduce(0) { $0 + exp($1) })
        values += logits.map { $0 - total }
      }
    }
    return PaddedValues(
      values, extents: [batch.count, batch.inputs.length, vocabularies.target])
  }
}
