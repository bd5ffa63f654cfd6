internal import Foundation
public import SeqDecoding
internal import Synchronization

/// What is known of a translation on its way.
public enum SearchUpdate: Hashable, Sendable {
  /// The tokens that the result will begin with, more than before.
  case certain([Int32])
  /// The result, and the end.
  case result(SearchResult)
}

extension Translator {
  /// One translation as it grows.
  ///
  ///     for try await update in translator.updates(for: SearchRequest(ids)) { … }
  ///
  /// Greedy search and a single sample are certain of each token in its step; beam search of those
  /// that all its hypotheses share. Nothing that was certain is taken back. A search that nobody
  /// listens to any more stops at its next update.
  ///
  /// - Throws: From the sequence, what searching throws.
  public func updates(for request: SearchRequest) -> AsyncThrowingStream<SearchUpdate, any Error> {
    AsyncThrowingStream { continuation in
      let listener = Listener()
      continuation.onTermination = { _ in listener.leave() }
      start(request, listener) { update in
        switch update {
        case .success(let update):
          continuation.yield(update)
          if case .result = update { continuation.finish() }
        case .failure(let error): continuation.finish(throwing: error)
        }
      }
    }
  }

  /// The same on the caller's own thread: `body` is given every update as it comes, the result last.
  ///
  /// - Throws: What searching throws, and what `body` throws, which ends the search.
  public func forEachUpdate(
    of request: SearchRequest, _ body: (SearchUpdate) throws -> Void
  ) throws {
    let listener = Listener()
    defer { listener.leave() }
    let arrived = DispatchSemaphore(value: 0)
    let waiting = Waiting()
    start(request, listener) { update in
      waiting.updates.withLock { $0.append(update) }
      arrived.signal()
    }
    while true {
      arrived.wait()
      let update = try waiting.updates.withLock { $0.removeFirst() }.get()
      try body(update)
      if case .result = update { return }
    }
  }

  /// Searches on a thread of its own: searching blocks it.
  private func start(
    _ request: SearchRequest, _ listener: Listener,
    tell: @escaping @Sendable (Result<SearchUpdate, any Error>) -> Void
  ) {
    Thread.detachNewThread {
      tell(
        Result {
          .result(
            try self(request) { tokens in
              if listener.hasLeft { throw CancellationError() }
              tell(.success(.certain(tokens)))
            })
        })
    }
  }

  /// Whether anybody still wants to know.
  private final class Listener: Sendable {
    private let left = Atomic(false)
    var hasLeft: Bool { left.load(ordering: .relaxed) }
    func leave() { left.store(true, ordering: .relaxed) }
  }

  /// What was told and not yet heard.
  private final class Waiting: Sendable {
    let updates = Mutex<[Result<SearchUpdate, any Error>]>([])
  }
}
