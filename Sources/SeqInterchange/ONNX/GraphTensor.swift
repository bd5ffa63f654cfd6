internal import Foundation
internal import SeqProtobufs

/// Numbers that a graph has from the start: a weight, a table or a constant.
///
/// The numbers are computed when the graph is written, so that a graph takes no memory of a model's
/// size.
struct GraphTensor {
  /// Its name in the graph.
  let name: String
  let elementType: GraphElement
  let shape: [Int]
  /// Row-major, little-endian.
  let bytes: () -> Data

  var byteCount: Int { shape.reduce(1, *) * elementType.byteCount }

  static func floats(_ name: String, _ shape: [Int], _ values: @escaping () -> [Float]) -> Self {
    GraphTensor(name: name, elementType: .float, shape: shape) {
      values().withUnsafeBytes { Data($0) }
    }
  }

  static func doubles(_ name: String, _ shape: [Int], _ values: @escaping () -> [Double]) -> Self {
    GraphTensor(name: name, elementType: .double, shape: shape) {
      values().withUnsafeBytes { Data($0) }
    }
  }

  static func integers(_ name: String, _ shape: [Int], _ values: [Int]) -> Self {
    GraphTensor(name: name, elementType: .int64, shape: shape) {
      values.map { Int64($0) }.withUnsafeBytes { Data($0) }
    }
  }
}

/// What the elements of a tensor in a graph are.
enum GraphElement: String {
  case float, double, int32, int64, bool

  var dataType: ONNXTensorProto.DataType {
    switch self {
    case .float: .float
    case .double: .double
    case .int32: .int32
    case .int64: .int64
    case .bool: .bool
    }
  }

  var byteCount: Int {
    switch self {
    case .float, .int32: 4
    case .double, .int64: 8
    case .bool: 1
    }
  }
}

/// What goes into a graph or comes out of it: its name, its elements and its extents.
struct GraphPort: Equatable {
  /// An extent that is known, or the name of one that is not.
  enum Extent: Equatable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case fixed(Int)
    case named(String)

    init(integerLiteral value: Int) { self = .fixed(value) }
    init(stringLiteral value: String) { self = .named(value) }
  }

  let name: String
  let elementType: GraphElement
  let shape: [Extent]

  init(_ name: String, _ elementType: GraphElement, _ shape: [Extent]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }

  /// As ONNX describes it.
  var description: ONNXValueInfoProto {
    var info = ONNXValueInfoProto()
    info.name = name
    info.type.tensorType.elemType = Int32(elementType.dataType.rawValue)
    info.type.tensorType.shape.dim = shape.map { extent in
      var dimension = ONNXTensorShapeProto.Dimension()
      switch extent {
      case .fixed(let value): dimension.dimValue = Int64(value)
      case .named(let name): dimension.dimParam = name
      }
      return dimension
    }
    return info
  }
}
