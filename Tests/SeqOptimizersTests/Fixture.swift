import Foundation
import SeqOptimizers
import Testing

/// What torch.optim computed in float64, recorded by `Scripts/goldens/optimizers.py`.
struct OptimizerFixture: Decodable {
  struct Case: Decodable {
    let name: String
    let optimizer: OptimizerConfiguration
    let learningRates: [Double]
    /// Before clipping.
    let gradientNorms: [Double]
    /// The parameters after each step.
    let after: [[String: [Double]]]
  }

  let shapes: [String: [Int]]
  let parameters: [String: [Float]]
  let gradients: [[String: [Float]]]
  let cases: [Case]

  static let recorded = Result { try decoded(OptimizerFixture.self, from: "optimizers") }
}

/// The learning rates that torch's schedulers gave.
struct ScheduleFixture: Decodable {
  let schedule: ScheduleConfiguration
  let steps: [Int]
  let rates: [Double]

  static let recorded = Result { try decoded([ScheduleFixture].self, from: "schedules") }
}

private func decoded<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
  let url = try #require(
    Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
  return try JSONDecoder().decode(type, from: Data(contentsOf: url))
}
