import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Signals outside the steps of training.
  @Suite("interruption")
  struct InterruptionTests {
    let toy: ToyRun

    init() throws { toy = try ToyRun() }

    /// Enough different lines that reading them takes seconds.
    private func writeManyPairs() throws {
      let block = ToyRun.pairs(2000, seed: 21).map { "\($0.source)\t\($0.target)\n" }.joined()
      try toy.folder.write("many.tsv", String(repeating: block, count: 400))
    }

    @Test(
      "the first signal while text is read ends it soon, and leaves an empty directory",
      arguments: [
        ("learning", SIGINT, Int32(130)), ("preparing", SIGTERM, Int32(143)),
      ])
    func reading(moment: String, number: Int32, status: Int32) throws {
      try writeManyPairs()
      // Bytes need no learning: the corpus is prepared at once.
      let tokenizer = moment == "learning" ? "{ type: whitespace }" : "{ type: byte }"
      let run = try toy.start(
        "run", ["--set", "data.train.pairs=many.tsv", "--set", "tokenizer=\(tokenizer)"])
      defer { run.signal(SIGKILL) }
      #expect(run.waits { run.errors.contains(moment) })
      usleep(50_000)
      run.signal(number)
      let start = ContinuousClock.now
      let outcome = try run.outcome()
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(outcome.status == status)
      #expect(outcome.errors.contains("a second signal stops at once"))
      #expect(outcome.errors.contains("stopped before training began; nothing was kept"))
      #expect(!outcome.errors.contains("Error"))
      #expect(toy.folder.names(in: "run") == [])
    }

    @Test("a second signal ends at once while a vocabulary is learned, and the run can be resumed")
    func learning() throws {
      var random = CountedRandom(4)
      let words = (0..<60_000).map { _ in
        String(
          String.UnicodeScalarView(
            (0..<12).map { _ in
              Unicode.Scalar(UInt8(ascii: "a") + UInt8.random(in: 0..<26, using: &random))
            }))
      }
      try toy.folder.write(
        "words.tsv", words.map { "\($0)\t\($0)\n" }.joined())
      let options = [
        "--set", "data.train.pairs=words.tsv", "--set", "tokenizer.vocabulary_size=2000",
      ]
      let run = try toy.start("run", options)
      defer { run.signal(SIGKILL) }
      #expect(run.waits { run.errors.contains("learning") })
      // Reading takes a fraction of a second, the merges several.
      usleep(700_000)
      run.signal(SIGINT)
      usleep(100_000)
      guard run.process.isRunning else { return }
      run.signal(SIGINT)
      let start = ContinuousClock.now
      #expect(try run.outcome().status == 130)
      #expect(ContinuousClock.now - start < .seconds(1))
      let files = toy.folder.names(in: "run")
      #expect(files.allSatisfy { !$0.hasSuffix(".partial") && !$0.hasPrefix("tokenizer") })
    }

    @Test("a second signal ends at once during validation, and the run can be resumed")
    func validation() throws {
      try writeManyPairs()
      let options = [
        "--set", "data.validation.pairs=many.tsv", "--set", "validation.every_epochs=null",
        "--set", "validation.every_steps=2", "--set", "training.checkpoint_every_steps=1",
        "--set", "data.max_length=20",
      ]
      let run = try toy.start("run", options)
      defer { run.signal(SIGKILL) }
      // Step 2 is reported before its validation, which takes a minute.
      #expect(run.waits { (try? toy.reportedSteps(of: "run"))?.last == 2 })
      usleep(100_000)
      run.signal(SIGTERM)
      usleep(200_000)
      #expect(run.process.isRunning, "validation is being finished")
      run.signal(SIGTERM)
      let start = ContinuousClock.now
      #expect(try run.outcome().status == 143)
      #expect(ContinuousClock.now - start < .seconds(1))
      #expect(toy.checkpoints(of: "run") == [1])
    }

    @Test(
      "a signal ends a translation to a file, and leaves neither it nor a part of it",
      arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func translation(number: Int32, status: Int32) throws {
      let folder = toy.folder
      try folder.write("old", "old\n")
      let input = Pipe()
      let process = Process()
      process.executableURL = CommandLineTool.executable
      process.arguments = ["translate", try ToyModel.path(), "--output", folder["old"]]
      process.standardInput = input
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data("a b\n".utf8))
      let unfinished = { folder.names().contains { $0.hasPrefix(".old.") } }
      while process.isRunning, !unfinished() { usleep(1000) }
      usleep(50_000)
      kill(process.processIdentifier, number)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit)
      #expect(process.terminationStatus == status)
      #expect(!unfinished())
      #expect(folder.text("old") == "old\n")
    }
  }
}
