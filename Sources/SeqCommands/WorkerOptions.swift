import ArgumentParser
import SeqKit

/// How many threads a command computes with.
struct WorkerOptions: ParsableArguments {
  @Option(help: "Threads (default: one for each core that may be used).")
  var workers: Int?

  var count: Int { workers ?? AvailableCores.count }

  func validate() throws {
    if let workers, !(1...1024).contains(workers) {
      throw ValidationError("--workers is \(workers); it must be from 1 to 1024.")
    }
  }
}
