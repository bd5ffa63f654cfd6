import SeqCheckpoints
import Testing

struct AveragingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("the mean is summed in float64 and rounded once, piece by piece")
  func mean() throws {
    // More than one piece of 65,536; values whose float32 sum would lose the small ones.
    let count = 70_000
    let tensors: [[Float]] = [
      (0..<count).map { Float($0) * 1e5 }, (0..<count).map { _ in 0.125 },
      (0..<count).map { -Float($0) * 1e5 },
    ]
    var paths: [String] = []
    for (index, values) in tensors.enumerated() {
      paths.append(folder.file("\(index).safetensors"))
      try SafetensorsFile.write(
        [
          (name: "w", shape: [count / 100, 100], values: values),
          (name: "b", shape: [], values: [Float(index)]),
        ],
        metadata: ["file": "\(index)"], to: paths[index])
    }
    let output = folder.file("mean.safetensors")
    try SafetensorsFile.average(paths, to: output)

    let mean = try SafetensorsFile(path: output)
    #expect(mean.entries.map(\.name) == ["w", "b"])
    #expect(mean.metadata == ["file": "0"])
    #expect(try mean.floats(of: mean.entry("w")) == [Float](repeating: 0.125 / 3, count: count))
    #expect(try mean.floats(of: mean.entry("b")) == [1])

    let first = try bytes(ofFile: output)
    try SafetensorsFile.average(paths, to: output)
    #expect(try bytes(ofFile: output) == first)
  }

  @Test("the mean of one file is the file")
  func single() throws {
    let path = folder.file("one.safetensors")
    try SafetensorsFile.write(
      [(name: "w", shape: [3], values: [0.1, -0.0, Float(bitPattern: 1)])], to: path)
    let output = folder.file("mean.safetensors")
    try SafetensorsFile.average([path], to: output)
    #expect(try bytes(ofFile: output) == bytes(ofFile: path))
  }

  @Test("an average may replace one of its own files")
  func inPlace() throws {
    let paths = [folder.file("a.safetensors"), folder.file("b.safetensors")]
    try SafetensorsFile.write([(name: "w", shape: [1], values: [1])], to: paths[0])
    try SafetensorsFile.write([(name: "w", shape: [1], values: [3])], to: paths[1])
    try SafetensorsFile.average(paths, to: paths[0])
    let mean = try SafetensorsFile(path: paths[0])
    #expect(try mean.floats(of: mean.entry("w")) == [2])
  }

  @Test("16-bit types become F32, F64 stays, integers must agree and are copied")
  func elementTypes() throws {
    let declarations = [
      SafetensorsFile.Declaration(name: "half", elementType: .float16, shape: [1]),
      .init(name: "brain", elementType: .bfloat16, shape: [1]),
      .init(name: "double", elementType: .float64, shape: [1]),
      .init(name: "count", elementType: .int32, shape: [1]),
    ]
    func write(_ path: String, double: Double, count: Int32) throws {
      try SafetensorsFile.write(declarations, to: path) { declaration, sink in
        switch declaration.elementType {
        case .float16: try sink.write([0x00, 0x3C])  // 1
        case .bfloat16: try sink.write([0x80, 0x3F])  // 1
        case .float64: try withUnsafeBytes(of: double) { try sink.write($0) }
        default: try withUnsafeBytes(of: count) { try sink.write($0) }
        }
      }
    }
    let paths = [folder.file("a"), folder.file("b"), folder.file("c")]
    try write(paths[0], double: 1e-3, count: 7)
    try write(paths[1], double: 2e-3, count: 7)
    try write(paths[2], double: 2e-3, count: 8)

    let output = folder.file("mean")
    try SafetensorsFile.average([paths[0], paths[1]], to: output)
    let mean = try SafetensorsFile(path: output)
    #expect(mean.entries.map(\.elementType) == [.float32, .float32, .float64, .int32])
    #expect(try mean.floats(of: mean.entry("half")) == [1])
    #expect(try mean.floats(of: mean.entry("brain")) == [1])
    try mean.withBytes(of: mean.entry("double")) {
      #expect($0.loadUnaligned(as: Double.self) == (1e-3 + 2e-3) / 2)
    }
    try mean.withBytes(of: mean.entry("count")) { #expect($0.loadUnaligned(as: Int32.self) == 7) }

    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFile.average([paths[0], paths[2]], to: output)
    }
    #expect(error?.found == "'count', not a tensor of fractions, with other values")
  }

  @Test("files of different models are refused, every difference named, and nothing is written")
  func mismatch() throws {
    let paths = [folder.file("a"), folder.file("b")]
    try SafetensorsFile.write(
      [
        (name: "w", shape: [2, 1], values: [1, 2]), (name: "x", shape: [], values: [1]),
      ], to: paths[0])
    try SafetensorsFile.write(
      [(name: "w", shape: [2], values: [1, 2]), (name: "y", shape: [], values: [1])], to: paths[1])
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFile.average(paths, to: folder.file("mean"))
    }
    #expect(error?.reason == .mismatchedFiles)
    #expect(
      error?.description == """
        \(paths[1]): found 'w' [2] of F32 for [2, 1] of F32, no 'x', a further 'y', \
        expected the tensors of \(paths[0]); average files of one model only
        """)
    #expect(try folder.names == ["a", "b"])
  }
}
