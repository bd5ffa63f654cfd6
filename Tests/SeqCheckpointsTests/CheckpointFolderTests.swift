import Foundation
import Testing

import SeqCheckpoints

struct CheckpointFolderTests {
  struct Interruption: Error {}

  let folder: TemporaryFolder
  let checkpoints: CheckpointFolder

  init() throws {
    folder = try TemporaryFolder()
    checkpoints = CheckpointFolder(path: folder.file("runs/checkpoints"))
  }

  private func save(_ step: Int, _ content: [UInt8] = [1]) throws {
    try checkpoints.save(step: step) {
      try AtomicFile.write(content, to: "\($0)/state")
      try FileManager.default.createDirectory(
        atPath: "\($0)/tokenizer", withIntermediateDirectories: false)
      try AtomicFile.write([2], to: "\($0)/tokenizer/vocabulary")
    }
  }

  @Test("checkpoints come back by step, the newest last")
  func order() throws {
    #expect(try checkpoints.latest() == nil)
    #expect(try checkpoints.prepare() == [])
    #expect(try checkpoints.latest() == nil)
    for step in [500, 1_000_000_000, 1000, 0] { try save(step) }
    #expect(try checkpoints.checkpoints().map(\.step) == [0, 500, 1000, 1_000_000_000])
    let latest = try #require(try checkpoints.latest())
    #expect(latest.step == 1_000_000_000)
    #expect(try bytes(ofFile: "\(latest.path)/state") == [1])
    #expect(try bytes(ofFile: "\(latest.path)/tokenizer/vocabulary") == [2])
  }

  @Test("a save that fails leaves no checkpoint, and the ones before untouched")
  func failure() throws {
    try checkpoints.prepare()
    try save(5)
    #expect(throws: Interruption.self) {
      try checkpoints.save(step: 10) {
        try AtomicFile.write([1], to: "\($0)/state")
        // A kill at this moment leaves a folder that does not count.
        #expect(try checkpoints.latest()?.step == 5)
        throw Interruption()
      }
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: checkpoints.path) == ["step-00000005"])
  }

  @Test("a step saved again is replaced, whole")
  func replaced() throws {
    try checkpoints.prepare()
    try save(5, [1])
    try checkpoints.save(step: 5) { try AtomicFile.write([2], to: "\($0)/other") }
    let latest = try #require(try checkpoints.latest())
    #expect(try FileManager.default.contentsOfDirectory(atPath: latest.path) == ["other"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: checkpoints.path).count == 1)
  }

  @Test("pruning keeps the newest, and those asked for")
  func prune() throws {
    try checkpoints.prepare()
    for step in 1...6 { try save(step) }
    try checkpoints.prune(keeping: 2, and: [1, 3])
    #expect(try checkpoints.checkpoints().map(\.step) == [1, 3, 5, 6])
    try checkpoints.prune(keeping: 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: checkpoints.path) == [])
  }

  #if os(macOS) || os(Linux)
    @Test("kill −9 in the middle of a save leaves the checkpoint before it as the latest")
    func killed() async throws {
      let folder = try TemporaryFolder(name: "killed-save-\(getpid())")
      let checkpoints = CheckpointFolder(path: folder.path)
      try checkpoints.save(step: 5) { try AtomicFile.write([1], to: "\($0)/state") }

      await #expect(processExitsWith: .signal(SIGKILL)) {
        let path = NSTemporaryDirectory() + "/killed-save-\(getppid())"
        try CheckpointFolder(path: path).save(step: 10) {
          try AtomicFile.write([2], to: "\($0)/state")
          kill(getpid(), SIGKILL)
        }
      }

      #expect(try checkpoints.latest()?.step == 5)
      let leftovers = try checkpoints.prepare()
      #expect(leftovers.compactMap { TemporaryName.parse($0)?.original } == ["step-00000010"])
      #expect(try folder.names == ["step-00000005"])
    }
  #endif

  @Test("a folder that had stepped aside for one that never came is put back")
  func restored() throws {
    let best = folder.file("best")
    try AtomicDirectory.write(to: best) { try AtomicFile.write([1], to: "\($0)/state") }
    // The state between the two renames of a replacement: the old folder aside, the new unnamed.
    let aside = TemporaryName.beside(best, ending: .replaced)
    try FileManager.default.moveItem(atPath: best, toPath: aside)
    let unfinished = TemporaryName.beside(best)
    try FileManager.default.createDirectory(atPath: unfinished, withIntermediateDirectories: false)

    #expect(try TemporaryName.clearLeftovers(in: folder.path).count == 2)
    #expect(try folder.names == ["best"])
    #expect(try bytes(ofFile: "\(best)/state") == [1])

    // And after the second rename: the new folder is there, the old one goes.
    try FileManager.default.copyItem(atPath: best, toPath: aside)
    #expect(try TemporaryName.clearLeftovers(in: folder.path).count == 1)
    #expect(try folder.names == ["best"])
  }

  @Test("names that are not checkpoints' are passed over")
  func otherNames() throws {
    try checkpoints.prepare()
    try save(7)
    for name in ["step-7", "step-00000007x", "step--0000007", "step-+0000008", "best", "x.txt"] {
      try FileManager.default.createDirectory(
        atPath: "\(checkpoints.path)/\(name)", withIntermediateDirectories: false)
    }
    #expect(try checkpoints.checkpoints().map(\.step) == [7])
  }

  @Test("a file where the folder should be is an error that names it")
  func fileInPlace() throws {
    let path = folder.file("file")
    try AtomicFile.write([1], to: path)
    let blocked = CheckpointFolder(path: path)
    let error = #expect(throws: CheckpointError.self) { try blocked.prepare() }
    #expect(error?.reason == .notCreated)
    #expect(error?.path == path)
  }
}
