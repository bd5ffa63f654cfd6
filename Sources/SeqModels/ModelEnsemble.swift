public import Foundation
public import SeqDecoding
internal import SeqKernels
public import SeqTensors

/// Models of one vocabulary, of whatever families, that a search asks together.
///
///     let members = try ModelEnsemble.load(directories)
///     let ensemble = ModelEnsemble(members.map(\.model))
///     let translator = try Translator(ensemble, options: options, pool: pool)
public struct ModelEnsemble: SearchableModel {
  /// The members, in the order of ``weights``.
  public let models: [any EncoderDecoder]
  /// How their distributions become one.
  public let combination: EnsembleSteps.Combination
  /// What each member counts; empty where all count alike.
  public let weights: [Double]

  /// Puts models together that say the same by the same ids; whether they do, ``load(_:)`` checks.
  ///
  /// - Precondition: At least one model; as many weights as models or none, finite and above 0.
  public init(
    _ models: [any EncoderDecoder], combination: EnsembleSteps.Combination = .linear,
    weights: [Double] = []
  ) {
    require(!models.isEmpty, "ensemble: no models")
    self.models = models
    self.combination = combination
    self.weights = weights
  }

  /// The smallest of the members.
  public var lengthLimit: Int? { models.compactMap(\.lengthLimit).min() }

  /// The steps of every member in one context, as one.
  public func steps(in context: Context) -> EnsembleSteps {
    EnsembleSteps(
      models.map { $0.anySteps(in: context) }, combination: combination, weights: weights)
  }

  /// Reads the models of several directories.
  ///
  /// - Returns: A model for each directory, in order; they share the first one's codec.
  /// - Throws: ``EnsembleError`` when their text sides differ, and what
  ///   ``ModelDirectory/load(_:)`` throws.
  public static func load(_ directories: [URL]) throws -> [ModelDirectory] {
    let members = try directories.map { try ModelDirectory.load($0) }
    guard let first = members.first else { return [] }
    for (directory, member) in zip(directories, members).dropFirst() {
      if let difference = member.codec.vocabularyDifference(from: first.codec) {
        throw EnsembleError(
          first: directories[0].path, second: directory.path, difference: difference)
      }
    }
    return members
  }
}

extension EncoderDecoder {
  fileprivate func anySteps(in context: Context) -> any StepModel { steps(in: context) }
}
