import Foundation
import SeqCheckpoints
import Testing

/// What is written is what is read.
struct SafetensorsRoundTripTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("model.safetensors")
  }

  /// Numbers of every kind: any 32 bits are a float.
  private func numbers(_ count: Int, seed: UInt32) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(bitPattern: state)
    }
  }

  @Test("floats of any bits come back with these bits, in the order given")
  func bits() throws {
    let tensors: [(name: String, shape: [Int], values: [Float])] = [
      ("z.last", [7, 3], numbers(21, seed: 1)),
      ("a.first", [], [-0.0]),
      ("nothing", [4, 0], []),
      ("e\u{301}", [2], [.nan, .infinity]),
      ("\u{E9}", [1], [1]),
    ]
    try SafetensorsFile.write(
      tensors, metadata: ["step": "12", "a\"b\\\n": "\u{0}\u{1F600}"], to: path)
    let file = try SafetensorsFile(path: path)

    // Composed and decomposed é are one Swift string and two names.
    #expect(file.entries.map { Array($0.name.utf8) } == tensors.map { Array($0.name.utf8) })
    #expect(file.entries.map(\.shape) == tensors.map(\.shape))
    for tensor in tensors {
      let floats = try file.floats(of: file.entry(tensor.name))
      #expect(floats.map(\.bitPattern) == tensor.values.map(\.bitPattern), "\(tensor.name)")
    }
    #expect(file.metadata == ["step": "12", "a\"b\\\n": "\u{0}\u{1F600}"])
  }

  @Test("the same content gives the same bytes, and the data begin at a multiple of eight")
  func determinism() throws {
    let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key \($0)", "\($0)") })
    for nameLength in 1...8 {
      let name = String(repeating: "n", count: nameLength)
      let tensors = [(name: name, shape: [3], values: numbers(3, seed: 2))]
      try SafetensorsFile.write(tensors, metadata: metadata, to: path)
      let first = try bytes(ofFile: path)
      #expect(first[0] % 8 == 0)
      try SafetensorsFile.write(tensors, metadata: metadata, to: path)
      #expect(try bytes(ofFile: path) == first)
    }
  }

  @Test("a tensor may be written in pieces, and read into a place of the caller's")
  func pieces() throws {
    let values = numbers(1000, seed: 3)
    try SafetensorsFile.write([.init(name: "w", shape: [10, 100])], to: path) { _, sink in
      try values.withUnsafeBufferPointer { buffer in
        for start in stride(from: 0, to: 1000, by: 300) {
          try sink.write(UnsafeBufferPointer(rebasing: buffer[start..<min(start + 300, 1000)]))
        }
      }
    }
    let file = try SafetensorsFile(path: path)
    let entry = try file.entry("w")
    var copy = [Float](repeating: 0, count: 1002)
    try copy.withUnsafeMutableBufferPointer { buffer in
      try file.copyFloats(of: entry, into: UnsafeMutableBufferPointer(rebasing: buffer[1..<1001]))
    }
    #expect(copy[1..<1001].map(\.bitPattern) == values.map(\.bitPattern))
    #expect(copy.first == 0 && copy.last == 0)
  }

  @Test("a tensor reads the same after its memory was given back")
  func release() throws {
    let values = numbers(100_000, seed: 4)
    try SafetensorsFile.write([(name: "w", shape: [100_000], values: values)], to: path)
    let file = try SafetensorsFile(path: path)
    let entry = try file.entry("w")
    _ = try file.floats(of: entry)
    file.releaseMemory(of: entry)
    #expect(try file.floats(of: entry).map(\.bitPattern) == values.map(\.bitPattern))
  }

  #if os(Linux)
    @Test("a file is not mapped in huge pages, which would bring back what was given back")
    func pages() throws {
      try SafetensorsFile.write([(name: "w", shape: [1], values: [0])], to: path)
      let file = try SafetensorsFile(path: path)
      // By proc(5), nh: no huge pages.
      #expect(try mapping("VmFlags:").split(separator: " ").contains("nh"))
      withExtendedLifetime(file) {}
    }

    @Test("rows that are copied out of a file leave nothing in memory")
    func copiesOfRows() throws {
      let values = numbers(1_000_000, seed: 5)
      try SafetensorsFile.write([(name: "w", shape: [1000, 1000], values: values)], to: path)
      let file = try SafetensorsFile(path: path)
      let entry = try file.entry("w")
      let before = try mapping("Rss:")
      var row = [Float](repeating: 0, count: 1000)
      for first in stride(from: 0, to: 1_000_000, by: 7000) {
        let bytes = 4 * first..<4 * (first + 1000)
        row.withUnsafeMutableBytes { memory in
          memory.baseAddress.map { file.copyBytes(of: entry, bytes, to: $0) }
        }
        #expect(row.map(\.bitPattern) == values[first..<first + 1000].map(\.bitPattern))
      }
      #expect(try mapping("Rss:") == before)
    }

    /// What the kernel says about the mapping of the file.
    private func mapping(_ key: String) throws -> Substring {
      let maps = try String(
        decoding: FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps")).readToEnd()
          ?? Data(),
        as: UTF8.self)
      let own = try #require(maps.firstRange(of: URL(fileURLWithPath: path).lastPathComponent))
      return try #require(
        maps[own.upperBound...].split(separator: "\n").first { $0.hasPrefix(key) })
    }
  #endif

  @Test("a name that is not there is an error that shows some that are")
  func missingTensor() throws {
    try SafetensorsFile.write([(name: "w", shape: [1], values: [0])], to: path)
    let file = try SafetensorsFile(path: path)
    #expect(file["v"] == nil)
    let error = #expect(throws: CheckpointError.self) { try file.entry("v") }
    #expect(
      error?.description == """
        \(path): tensor 'v': found 1 tensors, 'w', expected one of this name; \
        check that the file belongs to this model
        """)
  }

  #if os(macOS) || os(Linux)
    @Test("too few bytes for a shape stop the program, and leave no file of that name")
    func wrongByteCount() async throws {
      // The child finds the folder by its parent's number.
      let folder = try TemporaryFolder(name: "short-\(getpid())")
      let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let path = NSTemporaryDirectory() + "/short-\(getppid())/model.safetensors"
        let declaration = SafetensorsFile.Declaration(name: "w", shape: [2, 2])
        try SafetensorsFile.write([declaration], to: path) { try $1.write([0, 0, 0, 0]) }
      }
      #expect(!FileManager.default.fileExists(atPath: folder.file("model.safetensors")))
      let said = String(decoding: trap?.standardErrorContent ?? [], as: UTF8.self)
      #expect(said.contains("tensor 'w' [2, 2] of F32, 4 bytes written and 16 needed"))
    }
  #endif
}
