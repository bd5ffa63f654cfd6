import Foundation
import SeqDecoding

/// The same distribution at every step, whatever came before; its state is a count of rows.
struct FixedModel: StepModel {
  /// Of every token; EOS is 2.
  let probabilities: [Double]
  var excludedTokens: [Int32] = []
  var stepLimit: Int?

  var vocabularySize: Int { probabilities.count }
  var beginToken: Int32 { 1 }
  var endToken: Int32 { 2 }

  var logProbabilities: [Float] { probabilities.map { Float(log($0)) } }

  func start(sources: [[Int32]]) -> Int { sources.count }

  func step(
    _ tokens: [Int32], state: inout Int, _ request: StepRequest
  ) -> BestScores {
    let (count, wholeRows) = (request.best, request.wholeRows)
    precondition(tokens.count == state)
    let row = logProbabilities
    let order = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
    return BestScores(
      countPerRow: count, tokens: tokens.flatMap { _ in order.map { Int32($0) } },
      logProbabilities: tokens.flatMap { _ in order.map { row[$0] } },
      wholeRows: wholeRows.flatMap { _ in row }, vocabularySize: vocabularySize)
  }

  func reorder(_ state: inout Int, rows: [Int]) { state = rows.count }
}
