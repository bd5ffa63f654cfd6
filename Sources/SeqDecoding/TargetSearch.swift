internal import SeqKernels

/// What is searched for one source.
public struct SearchRequest: Hashable, Sendable {
  /// Token ids as the model's encoder reads them.
  public var source: [Int32]
  /// The tokens that its targets begin with.
  ///
  /// They are scored as the model scores them; while they last no processor is asked, and a maximum
  /// length below theirs is theirs.
  public var prefix: [Int32]
  /// Token sequences that every target of it holds, in any order; they may overlap.
  public var requiredPhrases: [[Int32]]
  /// Where its targets are cut off at the latest, in place of the options' maximum; nil leaves that.
  package var maximumLength: Int?
  /// Tells the draws of requests for one source apart; nil is what the source alone decides.
  package var drawNumber: UInt64?

  /// A source, and what is demanded of its targets.
  public init(_ source: [Int32], prefix: [Int32] = [], requiredPhrases: [[Int32]] = []) {
    self.source = source
    self.prefix = prefix
    self.requiredPhrases = requiredPhrases
  }
}

/// Told of a search on its way: a sentence's place among the requests, and the tokens that every
/// result of it which is still possible begins with.
///
/// What it throws ends the search.
public typealias SearchProgress = (_ sentence: Int, _ tokens: [Int32]) throws -> Void

/// A way of finding targets for many sources at once: ``BeamSearch``, ``Sampling``.
///
/// The result for a request depends on the request alone, if the model's scores do: not on the
/// others, nor on their order.
public protocol TargetSearch: Sendable {
  /// Rows of the model's state that a sentence may need at once: beam size, or samples.
  var rowsPerSentence: Int { get }

  /// A result for each request, in their order.
  ///
  /// - Parameters:
  ///   - requests: what is searched.
  ///   - model: what is asked.
  ///   - progress: told after each step of every sentence for which more is certain, or nil.
  /// - Returns: As many results as requests.
  /// - Throws: What the model throws, and ``SearchError``.
  func callAsFunction<Model: StepModel>(
    _ requests: [SearchRequest], with model: Model, progress: SearchProgress?
  ) throws -> [SearchResult]
}

extension TargetSearch {
  /// A result for each source, in their order; see
  /// ``callAsFunction(_:with:progress:)``.
  ///
  /// - Parameters:
  ///   - sources: token ids as the model's encoder reads them.
  ///   - prefixes: for each source the tokens that its targets begin with; none at all is an empty
  ///     one for every source.
  ///   - model: what is asked.
  /// - Returns: As many results as sources.
  /// - Throws: What the model throws, and ``SearchError``.
  /// - Precondition: No prefixes, or as many as sources.
  public func callAsFunction(
    _ sources: [[Int32]], prefixes: [[Int32]] = [], with model: some StepModel
  ) throws -> [SearchResult] {
    require(
      prefixes.isEmpty || prefixes.count == sources.count,
      "search: \(sources.count) sources and \(prefixes.count) prefixes, not as many")
    let requests = sources.enumerated().map { index, source in
      SearchRequest(source, prefix: prefixes.isEmpty ? [] : prefixes[index])
    }
    return try self(requests, with: model, progress: nil)
  }
}
