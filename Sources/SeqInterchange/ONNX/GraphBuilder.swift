internal import Foundation
internal import SeqKernels
internal import SeqModels
internal import SeqProtobufs
internal import SeqTensors

/// A value of a graph, by its name: an input, an initializer, or what a node gives.
struct GraphValue: Hashable {
  let name: String
}

/// An option of a node.
enum GraphAttribute {
  case int(String, Int)
  case ints(String, [Int])
  case float(String, Float)
  case string(String, String)
  case strings(String, [String])
  case graph(String, ONNXGraphProto)

  var proto: ONNXAttributeProto {
    var proto = ONNXAttributeProto()
    switch self {
    case .int(let name, let value):
      (proto.name, proto.type, proto.i) = (name, .int, Int64(value))
    case .ints(let name, let values):
      (proto.name, proto.type, proto.ints) = (name, .ints, values.map { Int64($0) })
    case .float(let name, let value):
      (proto.name, proto.type, proto.f) = (name, .float, value)
    case .string(let name, let value):
      (proto.name, proto.type, proto.s) = (name, .string, Data(value.utf8))
    case .strings(let name, let values):
      (proto.name, proto.type, proto.strings) = (name, .strings, values.map { Data($0.utf8) })
    case .graph(let name, let graph):
      (proto.name, proto.type, proto.g) = (name, .graph, graph)
    }
    return proto
  }
}

/// A graph in the making: every node is added after what it reads.
///
///     let graph = GraphBuilder(store: model.store)
///     let ids = graph.input(GraphPort("source_ids", .int64, ["batch", "source"]))
///     graph.output(graph.linear(embedded, "output"), GraphPort("logits", …))
final class GraphBuilder {
  /// What a graph and the bodies of its loops share: names and initializers.
  private final class Shared {
    let store: ParameterStore
    var nameCount = 0
    var tensors: [GraphTensor] = []
    var tensorNames: Set<String> = []

    init(store: ParameterStore) { self.store = store }
  }

  private let shared: Shared
  private var scope: [String] = []
  /// In the order in which they were added.
  private(set) var nodes: [ONNXNodeProto] = []
  private(set) var inputs: [GraphPort] = []
  private(set) var outputs: [GraphPort] = []

  /// An empty graph over the parameters of a model.
  convenience init(store: ParameterStore) { self.init(Shared(store: store)) }

  private init(_ shared: Shared) { self.shared = shared }

  /// The parameters of the model.
  var store: ParameterStore { shared.store }
  /// The initializers, each once.
  var tensors: [GraphTensor] { shared.tensors }

  // MARK: Ends

  /// An input, new unless there is one of that name.
  func input(_ port: GraphPort) -> GraphValue {
    if !inputs.contains(where: { $0.name == port.name }) { inputs.append(port) }
    return GraphValue(name: port.name)
  }

  /// Gives a value out under the port's name.
  func output(_ value: GraphValue, _ port: GraphPort) {
    node("Identity", [value], results: [GraphValue(name: port.name)])
    outputs.append(port)
  }

  // MARK: Nodes

  /// Adds an operation of one result.
  func apply(
    _ operation: String, _ inputs: [GraphValue?], _ attributes: [GraphAttribute] = []
  ) -> GraphValue {
    let result = freshName(operation)
    node(operation, inputs, attributes, results: [result])
    return result
  }

  /// Adds an operation of several results.
  func apply(
    _ operation: String, _ inputs: [GraphValue?], _ attributes: [GraphAttribute] = [],
    resultCount: Int
  ) -> [GraphValue] {
    let results = (0..<resultCount).map { _ in freshName(operation) }
    node(operation, inputs, attributes, results: results)
    return results
  }

  private func node(
    _ operation: String, _ inputs: [GraphValue?], _ attributes: [GraphAttribute] = [],
    results: [GraphValue]
  ) {
    var node = ONNXNodeProto()
    node.opType = operation
    node.name = "node:" + (results.first?.name ?? "")
    // An input that is left out is an empty name.
    node.input = inputs.map { $0?.name ?? "" }
    node.output = results.map(\.name)
    node.attribute = attributes.map(\.proto)
    nodes.append(node)
  }

  private func freshName(_ operation: String) -> GraphValue {
    shared.nameCount += 1
    return GraphValue(
      name: (scope + ["\(operation)_\(shared.nameCount)"]).joined(separator: "/"))
  }

  /// Adds nodes whose names begin with that of a part of the model.
  func within<Result>(_ part: String, _ body: () -> Result) -> Result {
    scope.append(part)
    defer { scope.removeLast() }
    return body()
  }

  // MARK: Initializers

  /// Adds numbers, unless there are some of that name.
  func tensor(_ tensor: GraphTensor) -> GraphValue {
    if shared.tensorNames.insert(tensor.name).inserted { shared.tensors.append(tensor) }
    return GraphValue(name: tensor.name)
  }

  /// Whether the model has a parameter of that name.
  func has(_ name: String) -> Bool { store[name] != nil }

  /// A parameter of the model as it is.
  func parameter(_ name: String) -> GraphValue {
    let parameter = require(name)
    return tensor(.floats(name, parameter.shape.extents) { parameter.values })
  }

  /// A matrix of the model, or some of its columns, turned so that rows are multiplied by it:
  /// `[inputs, outputs]`.
  func transposed(_ name: String, columns: Range<Int>? = nil) -> GraphValue {
    let parameter = require(name)
    let (rows, width) = (parameter.shape[0], parameter.shape[1])
    let columns = columns ?? 0..<width
    let part = columns == 0..<width ? "" : "[\(columns.lowerBound)..<\(columns.upperBound)]"
    return tensor(
      .floats("\(name)\(part).transposed", [columns.count, rows]) {
        let values = parameter.pointer
        return columns.flatMap { column in (0..<rows).map { values[$0 * width + column] } }
      })
  }

  private func require(_ name: String) -> Parameter {
    guard let parameter = store[name] else {
      requirementFailure("graph: no parameter '\(name)' in the model")
    }
    return parameter
  }

  /// A number.
  func constant(_ value: Float) -> GraphValue {
    tensor(.floats("float_\(value)", []) { [value] })
  }

  /// A whole number.
  func constant(_ value: Int) -> GraphValue { tensor(.integers("int_\(value)", [], [value])) }

  /// Whole numbers in a row: axes, extents.
  func constants(_ values: [Int]) -> GraphValue {
    tensor(
      .integers(
        "ints_" + values.map { "\($0)" }.joined(separator: "_"), [values.count], values))
  }

  // MARK: Wholes

  /// A graph that a node runs over and over, which may read everything of this one.
  func body(_ name: String, _ make: (GraphBuilder) -> Void) -> ONNXGraphProto {
    let inner = GraphBuilder(shared)
    inner.scope = scope + [name]
    make(inner)
    return inner.proto(name)
  }

  /// The graph without its initializers.
  func proto(_ name: String) -> ONNXGraphProto {
    var graph = ONNXGraphProto()
    graph.name = name
    graph.node = nodes
    graph.input = inputs.map(\.description)
    graph.output = outputs.map(\.description)
    return graph
  }
}
