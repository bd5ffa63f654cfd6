import ArgumentParser
import SeqKit

/// How sure figures are.
struct SignificanceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Resample the segments so often (usually 1000): 95 % confidence, and for several systems "
        + "p of each beside the first.", valueName: "n"))
  var bootstrap: Int?

  @Option(
    help: ArgumentHelp(
      "Exchange outputs by chance so often (usually 10000): p of each system beside the first.",
      valueName: "n"))
  var randomization: Int?

  @Option(
    help: ArgumentHelp("What both draw by; with sacreBLEU's 12345 its draws.", valueName: "n"))
  var seed: UInt64?

  func validate() throws {
    if bootstrap != nil && randomization != nil {
      throw ValidationError("Give --bootstrap or --randomization, not both.")
    }
    for (option, value) in [("--bootstrap", bootstrap), ("--randomization", randomization)] {
      if let value, !(1...10_000_000).contains(value) {
        throw ValidationError("\(option) is \(value); it must be from 1 to 10000000.")
      }
    }
    if seed != nil && bootstrap == nil && randomization == nil {
      throw ValidationError("--seed has no meaning without --bootstrap or --randomization.")
    }
  }

  /// The test asked for, nil for none.
  var resampling: Resampling? {
    let seed = seed ?? Resampling.defaultSeed
    return bootstrap.map { Resampling(.bootstrap, count: $0, seed: seed) }
      ?? randomization.map { Resampling(.randomization, count: $0, seed: seed) }
  }
}
