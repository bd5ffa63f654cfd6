import ArgumentParser
import Foundation

/// How many threads a command computes with.
struct WorkerOptions: ParsableArguments {
  @Option(help: "Threads (default: one a core).")
  var workers: Int?

  var count: Int { workers ?? ProcessInfo.processInfo.activeProcessorCount }

  func validate() throws {
    if let workers, !(1...1024).contains(workers) {
      throw ValidationError("--workers is \(workers); it must be from 1 to 1024.")
    }
  }
}
