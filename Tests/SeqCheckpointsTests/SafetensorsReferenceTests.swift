import Foundation
import SeqCheckpoints
import Testing

/// Agreement with the reference implementation, whose files `Scripts/goldens/` records.
struct SafetensorsReferenceTests {
  /// A tensor as the fixture's script describes it.
  struct Expected: Decodable {
    var name: String
    var type: String
    var shape: [Int]
    var start: Int
    var end: Int
    var bits: [UInt32]?
  }

  let file: SafetensorsFile
  let expected: [Expected]

  init() throws {
    let fixtures = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    file = try SafetensorsFile(path: fixtures.appending(path: "reference.safetensors").path)
    expected = try JSONDecoder().decode(
      [Expected].self, from: Data(contentsOf: fixtures.appending(path: "expected.json")))
  }

  @Test("names, types, shapes and places are read in the order of the bytes")
  func entries() {
    #expect(file.entries.map(\.name) == expected.map(\.name))
    #expect(file.entries.map(\.elementType.rawValue) == expected.map(\.type))
    #expect(file.entries.map(\.shape) == expected.map(\.shape))
    #expect(file.entries.map(\.byteRange) == expected.map { $0.start..<$0.end })
    #expect(file.metadata == ["format": "pt\n\u{1}é"])
    #expect(
      Set(file.entries.map(\.elementType)) == Set(SafetensorsFile.ElementType.allCases),
      "the fixture holds every type we know")
  }

  @Test("floating-point tensors become the floats that NumPy makes of them, bit for bit")
  func floats() throws {
    for tensor in expected {
      let entry = try file.entry(tensor.name)
      guard let bits = tensor.bits else {
        #expect(throws: CheckpointError.self) { try file.floats(of: entry) }
        continue
      }
      #expect(try file.floats(of: entry).map(\.bitPattern) == bits, "\(tensor.name)")
    }
  }

  @Test("integers are lent as they stand in the file")
  func integers() throws {
    try file.withBytes(of: file.entry("int64")) {
      #expect($0.loadUnaligned(as: Int64.self) == .min)
      #expect($0.loadUnaligned(fromByteOffset: 8, as: Int64.self) == .max)
    }
    try file.withBytes(of: file.entry("uint8")) { #expect(Array($0) == [0, 255, 3]) }
    try file.withBytes(of: file.entry("bool")) { #expect(Array($0) == [1, 0]) }
  }

  @Test(
    "written again in the same order, the file is the reference implementation's, byte for byte")
  func sameBytes() throws {
    let folder = try TemporaryFolder()
    let copy = folder.file("copy.safetensors")
    let declarations = file.entries.map {
      SafetensorsFile.Declaration(name: $0.name, elementType: $0.elementType, shape: $0.shape)
    }
    try SafetensorsFile.write(declarations, metadata: file.metadata, to: copy) {
      declaration, sink in
      try file.withBytes(of: file.entry(declaration.name)) { try sink.write($0) }
    }
    #expect(try bytes(ofFile: copy) == bytes(ofFile: file.path))
  }
}
