import ArgumentParser
import Foundation

/// How many threads a command computes with.
struct WorkerOptions: ParsableArguments {
  @Option(help: "Threads (default: one a core).")
  var workers: Int?

  var count: Int { workers ?? ProcessInfo.processInfo.activeProcessorCount }

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers must be at least 1.") }
  }
}
