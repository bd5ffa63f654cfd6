import Foundation
import SeqDecoding
import SeqKernels
import SeqModels

/// Our side of the decoding benchmark.
///
/// It searches the same sources again for every line of standard input and prints how long it took;
/// `Benchmarks/runner.py` describes the protocol, which the peers speak too.
@main struct DecodingSpeed {
  static func main() throws {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    let started = ContinuousClock.now
    let loaded = try ModelDirectory.load(URL(filePath: options.model))
    let pool = ComputePool(
      workerCount: options.threads, store: loaded.model.store, precision: options.precision)
    let translator = try Translator(
      loaded.model, options: options.search, pool: pool, batchTokens: options.batchTokens)
    let outputs = try options.search(with: translator)
    try say(["ready": true, "load_seconds": seconds(since: started)])
    if let path = options.outputs {
      let lines = outputs.map { "[" + $0.map(String.init).joined(separator: ", ") + "]\n" }
      try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }
    while readLine() != nil {
      let start = ContinuousClock.now
      let outputs = try options.search(with: translator)
      let time = seconds(since: start)
      try say(["seconds": time, "tokens": outputs.reduce(0) { $0 + $1.count }])
    }
    try say(["peak_mb": peakMegabytes()])
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) + 1e-18 * Double(elapsed.attoseconds)
  }

  private static func say(_ record: [String: Any]) throws {
    let json = try JSONSerialization.data(withJSONObject: record, options: [.sortedKeys])
    FileHandle.standardOutput.write(json + Data([0x0A]))
  }

  /// The greatest resident memory of this process.
  private static func peakMegabytes() throws -> Double {
    #if os(Linux)
      // What `getrusage` says is at least what the process that started this one took.
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
      let kilobytes = line?.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }.first
      return (kilobytes ?? .nan) / 1024
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return Double(usage.ru_maxrss) / 1_048_576
    #endif
  }
}

/// What the command line asks for.
private struct Options {
  var model = ""
  var sources: [[Int32]] = []
  var beam = 1
  var tokens = 32
  var batch = 32
  var threads = 2
  var precision: Precision?
  var isOneAtATime = false
  var outputs: String?

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func number() -> Int { rest.popFirst().flatMap { Int($0) } ?? 0 }
    while let word = rest.popFirst() {
      switch word {
      case "--sources":
        let text = try String(contentsOfFile: rest.popFirst() ?? "", encoding: .utf8)
        sources = try text.split(separator: "\n").map {
          try JSONDecoder().decode([Int32].self, from: Data($0.utf8))
        }
      case "--beam": beam = number()
      case "--tokens": tokens = number()
      case "--batch": batch = number()
      case "--threads": threads = number()
      case "--precision": precision = rest.popFirst().flatMap { Precision(rawValue: $0) }
      case "--one-at-a-time": isOneAtATime = true
      case "--outputs": outputs = rest.popFirst()
      default: model = word
      }
    }
    require(
      !model.isEmpty && !sources.isEmpty && beam > 0 && batch > 0 && threads > 0,
      "usage: DecodingSpeed MODEL --sources FILE [--beam N] [--tokens N] [--batch N] [--threads N] "
        + "[--precision P] [--one-at-a-time] [--outputs FILE]")
  }

  /// Tokens fixed in number, or free.
  var search: SearchOptions {
    SearchOptions(
      beamSize: beam, lengthNormalization: .gnmt(alpha: 1),
      minimumLength: LengthLimit(constant: Double(tokens)),
      maximumLength: LengthLimit(constant: Double(tokens > 0 ? tokens : 100)))
  }

  /// So many sentences of the longest source in a batch.
  var batchTokens: Int { batch * beam * (sources.map(\.count).max() ?? 1) }

  /// The ids that were found for each source, without the end.
  func search(with translator: Translator) throws -> [[Int32]] {
    let calls = isOneAtATime ? sources.map { [$0] } : [sources]
    return try calls.flatMap { try translator($0) }.map { $0.hypotheses[0].tokens }
  }
}
