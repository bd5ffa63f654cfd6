// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let cSettings: [CSetting] = [.treatAllWarnings(as: .error)]
let cxxSettings: [CXXSetting] = [.treatAllWarnings(as: .error)]

/// A rung of the ladder: a Swift target that imports only the targets named.
func rung(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
  name: "swift-seq2seq",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "SeqKit", targets: ["SeqKit"]),
    .executable(name: "seq2seq", targets: ["SeqCommands"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    // Numeric C and the Swift that sees it.
    .target(
      name: "COneDNN", cSettings: cSettings,
      linkerSettings: [
        .linkedLibrary("dnnl", .when(platforms: [.linux])),
        .linkedLibrary("gomp", .when(platforms: [.linux])),
      ]),
    .target(
      name: "CSeqKernels", cSettings: cSettings,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    rung("SeqKernels", ["COneDNN", "CSeqKernels"]),

    // Text libraries behind C.
    .systemLibrary(
      name: "CSentencePieceLibrary", pkgConfig: "sentencepiece",
      providers: [.apt(["libsentencepiece-dev"]), .brew(["sentencepiece"])]),
    .target(
      name: "CSentencePiece", dependencies: ["CSentencePieceLibrary"], cxxSettings: cxxSettings,
      linkerSettings: [.linkedLibrary("sentencepiece"), .linkedLibrary("sentencepiece_train")]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

    // The ladder.
    rung("SeqTensors", ["SeqKernels"]),
    rung("SeqLayers", ["SeqTensors", "SeqKernels"]),
    rung("SeqOptimizers", ["SeqTensors", "SeqKernels"]),
    rung("SeqCheckpoints", ["SeqKernels"]),
    rung("SeqText", ["CSentencePiece", "CZlib"]),
    rung("SeqMetrics"),
    rung("SeqDecoding", ["SeqKernels"]),
    rung("SeqFigures"),
    rung("SeqProtobufs", [.product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    rung(
      "SeqModels",
      ["SeqLayers", "SeqTensors", "SeqDecoding", "SeqText", "SeqCheckpoints", "SeqKernels"]),
    rung(
      "SeqTraining",
      [
        "SeqModels", "SeqOptimizers", "SeqMetrics", "SeqTensors", "SeqLayers", "SeqText",
        "SeqCheckpoints", "SeqDecoding", "SeqFigures", "SeqProtobufs", "SeqKernels",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    rung(
      "SeqInspection",
      [
        "SeqFigures", "SeqModels", "SeqDecoding", "SeqText", "SeqTensors", "SeqMetrics",
        "SeqKernels",
      ]),
    rung(
      "SeqInterchange",
      [
        "SeqModels", "SeqText", "SeqCheckpoints", "SeqTensors", "SeqLayers", "SeqProtobufs",
        "SeqKernels", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    rung(
      "SeqKit",
      [
        "SeqTensors", "SeqLayers", "SeqOptimizers", "SeqCheckpoints", "SeqText", "SeqMetrics",
        "SeqDecoding", "SeqFigures", "SeqModels", "SeqTraining", "SeqInspection", "SeqInterchange",
      ]),
    .executableTarget(
      name: "SeqCommands",
      dependencies: [
        "SeqKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: swiftSettings),
    .target(name: "CHeapCounter", cSettings: cSettings),
    rung("SeqTestSupport", ["SeqTensors", "CHeapCounter"]),
    .executableTarget(
      name: "MatrixPeak", dependencies: ["SeqKernels"], path: "Benchmarks/MatrixPeak",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "ProductSpeed", dependencies: ["SeqKernels"], path: "Benchmarks/ProductSpeed",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "DecodingSpeed", dependencies: ["SeqModels", "SeqDecoding", "SeqKernels"],
      path: "Benchmarks/DecodingSpeed", swiftSettings: swiftSettings),
    .executableTarget(
      name: "RecurrentSpeed", dependencies: ["SeqTensors", "SeqKernels"],
      path: "Benchmarks/RecurrentSpeed", swiftSettings: swiftSettings),
    .executableTarget(
      name: "DrawCurves", dependencies: ["SeqFigures"], path: "Benchmarks/DrawCurves",
      swiftSettings: swiftSettings),

    // Tests, one target a rung.
    tests("SeqKernelsTests", ["SeqKernels", "SeqTestSupport"]),
    tests("SeqTensorsTests", ["SeqTensors", "SeqTestSupport"]),
    tests(
      "SeqLayersTests", ["SeqLayers", "SeqTensors", "SeqCheckpoints", "SeqTestSupport"],
      resources: [.copy("Fixtures")]),
    tests("SeqCheckpointsTests", ["SeqCheckpoints"], resources: [.copy("Fixtures")]),
    tests("SeqTextTests", ["SeqText"], resources: [.copy("Fixtures")]),
    tests("SeqTasksTests", ["SeqText"]),
    tests("SeqMetricsTests", ["SeqMetrics"], resources: [.copy("Fixtures")]),
    tests("SeqDecodingTests", ["SeqDecoding"]),
    tests(
      "SeqOptimizersTests", ["SeqOptimizers", "SeqTensors", "SeqKernels"],
      resources: [.copy("Fixtures")]),
    tests(
      "SeqModelsTests",
      [
        "SeqModels", "SeqLayers", "SeqOptimizers", "SeqCheckpoints", "SeqDecoding", "SeqTensors",
        "SeqText", "SeqKernels", "SeqTestSupport",
      ],
      resources: [.copy("Fixtures")]),
    tests("SeqFiguresTests", ["SeqFigures"]),
    tests(
      "SeqTrainingTests",
      [
        "SeqTraining", "SeqFigures", "SeqModels", "SeqOptimizers", "SeqProtobufs", "SeqText",
        "SeqDecoding", "SeqTensors", "SeqKernels", "SeqTestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    tests(
      "SeqInspectionTests",
      [
        "SeqInspection", "SeqFigures", "SeqModels", "SeqLayers", "SeqText", "SeqTensors",
        "SeqDecoding", "SeqKernels",
      ]),
    tests(
      "SeqInterchangeTests",
      [
        "SeqInterchange", "SeqModels", "SeqLayers", "SeqDecoding", "SeqCheckpoints", "SeqText",
        "SeqTensors", "SeqProtobufs",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      resources: [.copy("Fixtures")]),
    tests("SeqCommandsTests", ["SeqCommands", "SeqTestSupport"]),
  ],
  cxxLanguageStandard: .cxx17
)

// Only Scripts/fuzz.sh builds this: it needs libFuzzer.
if Context.environment["SEQ2SEQ_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["SeqCheckpoints", "SeqText"], path: "Fuzzing",
      swiftSettings: swiftSettings))
  package.products.append(.executable(name: "Fuzz", targets: ["Fuzz"]))
}
