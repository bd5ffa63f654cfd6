internal import Foundation
internal import SeqCheckpoints
internal import SeqProtobufs
internal import SwiftProtobuf

/// A graph as an ONNX file.
///
/// A protobuf holds less than 2 GB: a graph of more numbers than a limit has them in a second file
/// beside it, which its tensors point into.
struct GraphFile {
  /// The release of ONNX's operators that graphs are made of: the first that has layer norm.
  static let opset = 17
  /// The release of the file format that came with it.
  static let formatVersion = 8
  /// Bytes of numbers that a file holds itself.
  static let sizeLimit = 1_500_000_000
  /// Where a tensor in a second file may begin: a page, so that it can be mapped.
  private static let alignment = 4096
  /// Smaller tensors stay in the file; readers look at the numbers of shapes before they load others.
  private static let smallest = 1024

  let name: String
  let graph: GraphBuilder
  /// Told to whoever opens the file.
  var metadata: [(key: String, value: String)] = []

  /// Writes `name.onnx`, and `name.onnx_data` beside it where its numbers take more than the limit.
  ///
  /// - Throws: ``CheckpointError``.
  func write(to folder: URL, sizeLimit: Int = GraphFile.sizeLimit) throws {
    let file = folder.appendingPathComponent("\(name).onnx").path
    let isExternal = graph.tensors.reduce(0) { $0 + $1.byteCount } > sizeLimit
    let tensors =
      isExternal
      ? try writeData(to: folder) : graph.tensors.map { described($0, data: $0.bytes()) }
    let bytes: [UInt8] = try model(tensors).serializedBytes()
    try AtomicFile.write(bytes, to: file)
  }

  /// The whole file in memory.
  var model: ONNXModelProto { model(graph.tensors.map { described($0, data: $0.bytes()) }) }

  private func model(_ tensors: [ONNXTensorProto]) -> ONNXModelProto {
    var model = ONNXModelProto()
    model.irVersion = Int64(Self.formatVersion)
    var operators = ONNXOperatorSetIdProto()
    operators.version = Int64(Self.opset)
    model.opsetImport = [operators]
    model.producerName = "swift-seq2seq"
    model.graph = graph.proto(name)
    model.graph.initializer = tensors
    model.metadataProps = metadata.map { Self.entry($0.key, $0.value) }
    return model
  }

  private static func entry(_ key: String, _ value: String) -> ONNXStringStringEntryProto {
    var entry = ONNXStringStringEntryProto()
    (entry.key, entry.value) = (key, value)
    return entry
  }

  private func described(_ tensor: GraphTensor, data: Data? = nil) -> ONNXTensorProto {
    var proto = ONNXTensorProto()
    proto.name = tensor.name
    proto.dims = tensor.shape.map { Int64($0) }
    proto.dataType = Int32(tensor.elementType.dataType.rawValue)
    if let data { proto.rawData = data }
    return proto
  }

  /// Writes the numbers one tensor after the other, and says where each is.
  private func writeData(to folder: URL) throws -> [ONNXTensorProto] {
    let location = "\(name).onnx_data"
    var protos: [ONNXTensorProto] = []
    try AtomicFile.write(to: folder.appendingPathComponent(location).path) { sink in
      var offset = 0
      for tensor in graph.tensors {
        let data = tensor.bytes()
        guard data.count >= Self.smallest else {
          protos.append(described(tensor, data: data))
          continue
        }
        let padding = (Self.alignment - offset % Self.alignment) % Self.alignment
        try sink.write([UInt8](repeating: 0, count: padding))
        try data.withUnsafeBytes { try sink.write($0) }
        offset += padding
        var proto = described(tensor)
        proto.dataLocation = .external
        proto.externalData = [
          Self.entry("location", location), Self.entry("offset", "\(offset)"),
          Self.entry("length", "\(data.count)"),
        ]
        protos.append(proto)
        offset += data.count
      }
    }
    return protos
  }
}
