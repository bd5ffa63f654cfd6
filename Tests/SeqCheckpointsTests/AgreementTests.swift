import Foundation
import SeqCheckpoints
import Testing

/// Files that are sound and not the ones that were wanted.
struct AgreementTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ tensors: [(name: String, shape: [Int])]) throws -> SafetensorsFile {
    let path = folder.file("model.safetensors")
    try SafetensorsFile.write(
      tensors.map { ($0.name, $0.shape, [Float](repeating: 0, count: $0.shape.reduce(1, *))) },
      to: path)
    return try SafetensorsFile(path: path)
  }

  private func mismatch(_ file: SafetensorsFile, _ wanted: [(String, [Int])]) -> CheckpointError? {
    do throws(CheckpointError) {
      try file.requireAgreement(
        with: wanted.map { .init(name: $0.0, shape: $0.1) }, of: "the model", hint: "mend it")
    } catch { return error }
    return nil
  }

  @Test("missing, unknown and differently shaped tensors are named together")
  func together() throws {
    let found = try file([("a", [2, 3]), ("b", [4]), ("e\u{301}", [1])])
    #expect(mismatch(found, [("e\u{301}", [1]), ("a", [2, 3]), ("b", [4])]) == nil)
    let error = mismatch(found, [("a", [3, 2]), ("c", [5]), ("\u{E9}", [1]), ("b", [4])])
    #expect(error?.reason == .mismatchedFiles)
    #expect(
      error?.found
        == "a is [2, 3], the model's is [3, 2]; c [5] is missing; \u{E9} [1] is missing; "
        + "e\u{301} [1] is unknown to the model")
    #expect(error?.expected == "the 4 tensors of the model")
    #expect(error?.hint == "mend it")
  }

  @Test("a dozen are named, the rest counted")
  func many() throws {
    let found = try file((0..<30).map { ("t\($0)", [1]) })
    let error = mismatch(found, [])
    #expect(error?.found.contains("t11 [1] is unknown") == true)
    #expect(error?.found.hasSuffix("; and 18 more") == true)
  }

  @Test("a folder that cannot be made says why in the system's words")
  func folders() throws {
    let deep = folder.file("a/b/c")
    try createFolder(deep)
    try createFolder(deep)
    #expect(FileManager.default.fileExists(atPath: deep))
    try AtomicFile.write([1], to: folder.file("file"))
    for (name, words) in [("file", "File exists"), ("file/below", "Not a directory")] {
      let error = #expect(throws: CheckpointError.self) { try createFolder(folder.file(name)) }
      #expect(error?.reason == .notCreated)
      #expect(error?.found.contains(words) == true)
    }
    let empty = #expect(throws: CheckpointError.self) { try createFolder("") }
    #expect(empty?.reason == .notCreated)
  }

  @Test("a fault in JSON is told by its key, without the names of types")
  func jsonFaults() {
    struct Inner: Decodable { var headCount: Int }
    struct Outer: Decodable { var model: Inner }
    func fault(_ json: String) -> String? {
      do { _ = try JSONDecoder().decode(Outer.self, from: Data(json.utf8)) } catch {
        return decodingFault(error)
      }
      return nil
    }
    #expect(fault(#"{"model": {"headCount": 3}}"#) == nil)
    #expect(fault(#"{"model": {}}"#) == "the key 'model.head_count' is missing")
    #expect(
      fault(#"{"model": {"headCount": "3"}}"#)
        == "the value of 'model.head_count' is none that fits")
    #expect(fault(#"{"model": null}"#) == "the value of 'model' is none that fits")
    #expect(fault("{") == "it is not JSON")
    #expect(fault("") == "it is not JSON")
  }

  @Test("an error inside a folder being saved bears the name that the folder was to have")
  func nameOfFolder() throws {
    let path = folder.file("step-1")
    let error = #expect(throws: CheckpointError.self) {
      try AtomicDirectory.write(to: path) { temporary in
        try AtomicFile.write([1], to: temporary + "/none/state.json")
      }
    }
    #expect(error?.path == path + "/none/state.json")
    #expect(try folder.names == [])
  }
}
