import Foundation
import Testing

import SeqCheckpoints

/// A name leads to the old content or to the new, whatever happens in between.
struct AtomicSavingTests {
  struct Interruption: Error {}

  let folder: TemporaryFolder
  let path: String
  let old = Array("the old content".utf8)

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("state.bin")
  }

  @Test("a file is created, then replaced, and nothing else remains")
  func replaces() throws {
    try AtomicFile.write(old, to: path)
    #expect(try bytes(ofFile: path) == old)
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(try bytes(ofFile: path) == [1, 2, 3])
    #expect(try folder.names == ["state.bin"])
  }

  @Test("an error half-way leaves the old file and no other")
  func errorHalfWay() throws {
    try AtomicFile.write(old, to: path)
    #expect(throws: Interruption.self) {
      try AtomicFile.write(to: path) { sink in
        try sink.write([UInt8](repeating: 7, count: 100_000))
        // What a power failure at this moment would find.
        #expect(try bytes(ofFile: path) == old)
        #expect(try folder.names.count == 2)
        throw Interruption()
      }
    }
    #expect(try bytes(ofFile: path) == old)
    #expect(try folder.names == ["state.bin"])
  }

  @Test("a file without a folder cannot be created, and the message says which and why")
  func noFolder() throws {
    let nowhere = folder.file("no/such/state.bin")
    let error = #expect(throws: CheckpointError.self) { try AtomicFile.write(old, to: nowhere) }
    #expect(error?.reason == .notCreated)
    #expect(
      error?.description
        == "\(nowhere): could not create it: No such file or directory (errno 2); check the path")

    try AtomicFile.write(old, to: path)
    let inFile = #expect(throws: CheckpointError.self) {
      try AtomicFile.write(old, to: "\(path)/inner")
    }
    #expect(inFile?.hint == "a part of the path is a file, not a folder")
  }

  @Test("a folder in the file's place is left alone")
  func folderInPlace() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let error = #expect(throws: CheckpointError.self) { try AtomicFile.write(old, to: path) }
    #expect(error?.reason == .notWritten)
    #expect(try folder.names == ["state.bin"])
  }

  @Test(
    "a folder that may not be written to is an error", .enabled(if: getuid() != 0, "not for root"))
  func noPermission() throws {
    try AtomicFile.write(old, to: path)
    chmod(folder.path, 0o555)
    defer { chmod(folder.path, 0o755) }
    let error = #expect(throws: CheckpointError.self) { try AtomicFile.write([1], to: path) }
    #expect(error?.reason == .notCreated)
    #expect(error?.hint == "check the permissions of the file and of its folder")
    #expect(try bytes(ofFile: path) == old)
  }

  @Test("writing to a full device is an error with the system's words", .enabled(if: hasFullDevice))
  func fullDevice() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    let sink = FileSink(descriptor: descriptor, path: "model.safetensors")
    let error = #expect(throws: CheckpointError.self) { try sink.write([1, 2, 3]) }
    #expect(
      error?.description == """
        model.safetensors: could not write it: No space left on device (errno 28); \
        free some space on that disk, or choose another, and run again
        """)
    #expect(sink.byteCount == 0)
  }

  @Test("a disk that fills up half-way leaves the old file and no other", .enabled(if: canMount))
  func fullDisk() throws {
    let disk = folder.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    guard run("mount", "-t", "tmpfs", "-o", "size=256k", "small", disk) else {
      print("fullDisk: this system does not allow a small disk to be mounted; nothing was tested")
      return
    }
    defer { run("umount", disk) }

    let model = "\(disk)/model.safetensors"
    try SafetensorsFile.write([(name: "w", shape: [3], values: [1, 2, 3])], to: model)
    let sound = try bytes(ofFile: model)
    let error = #expect(throws: CheckpointError.self) {
      let values = [Float](repeating: 0, count: 100_000)
      try SafetensorsFile.write([(name: "w", shape: [100_000], values: values)], to: model)
    }
    #expect(error?.reason == .notWritten)
    #expect(error?.path == model)
    #expect(error?.found.contains("No space left on device") == true)
    #expect(try bytes(ofFile: model) == sound)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == ["model.safetensors"])
  }

  #if os(macOS) || os(Linux)
    @Test("kill −9 in the middle of a write leaves the old file, and a leftover that is recognised")
    func killed() async throws {
      // The child finds the folder by its parent's number.
      let folder = try TemporaryFolder(name: "killed-\(getpid())")
      let model = folder.file("model.safetensors")
      try SafetensorsFile.write([(name: "w", shape: [3], values: [1, 2, 3])], to: model)
      let sound = try bytes(ofFile: model)

      await #expect(processExitsWith: .signal(SIGKILL)) {
        let model = NSTemporaryDirectory() + "/killed-\(getppid())/model.safetensors"
        try SafetensorsFile.write([.init(name: "w", shape: [1000])], to: model) { _, sink in
          try sink.write([UInt8](repeating: 9, count: 1234))
          kill(getpid(), SIGKILL)
        }
      }

      #expect(try bytes(ofFile: model) == sound)
      let names = try folder.names
      try #require(names.count == 2)
      #expect(TemporaryName.parse(names[0])?.original == "model.safetensors")
      #expect(try TemporaryName.clearLeftovers(in: folder.path) == [names[0]])
      #expect(try folder.names == ["model.safetensors"])
    }
  #endif

  @Test("only names of our own making are leftovers")
  func names() throws {
    let own = (TemporaryName.beside("/a/b.c") as NSString).lastPathComponent
    #expect(TemporaryName.parse(own)?.original == "b.c")
    #expect(TemporaryName.folder(of: "/a/b.c") == "/a")
    #expect(TemporaryName.folder(of: "b.c") == ".")
    #expect(TemporaryName.folder(of: "/b.c") == "/")
    for (path, folder) in [
      ("", "."), (".", "."), ("a", "."), ("a/", "."), ("/", "/"), ("//", "/"), ("//a", "/"),
      ("a/b//", "a"), ("/a//b", "/a"), ("é/b", "é"),
    ] {
      #expect(TemporaryName.folder(of: path) == folder, "\(path)")
    }
    let others = [
      "", ".", "..", "b.c", ".partial", "..0123456789abcdef.partial", "a.0123456789abcdef.partial",
      ".a.0123456789abcde.partial", ".a.0123456789abcdeg.partial", ".a.0123456789abcdef.part",
    ]
    for name in others { #expect(TemporaryName.parse(name) == nil, "\(name)") }
    for name in others where !name.isEmpty && name.utf8.first != UInt8(ascii: ".") {
      try AtomicFile.write([], to: folder.file(name))
    }
    #expect(try TemporaryName.clearLeftovers(in: folder.path) == [])
    #expect(try folder.names == ["a.0123456789abcdef.partial", "b.c"])
    #expect(try TemporaryName.clearLeftovers(in: folder.file("nowhere")) == [])
  }

  private static var hasFullDevice: Bool { access("/dev/full", W_OK) == 0 }

  private static var canMount: Bool {
    #if os(Linux)
      getuid() == 0
    #else
      false
    #endif
  }

  @discardableResult
  private func run(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus == 0
    } catch {
      return false
    }
  }
}
