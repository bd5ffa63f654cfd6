internal import Foundation
internal import SeqKernels
internal import SeqModels
internal import SeqTensors

/// How the self-attentions of one stack tell positions apart, in a graph: what its layers share is
/// computed once.
struct GraphDistances {
  private let graph: GraphBuilder
  private let configuration: TransformerConfiguration
  /// `encoder` or `decoder`, whose names its tables have.
  private let stack: String
  /// For every query and key the row of a table by distance, `[queries, keys]`.
  private let rows: GraphValue?
  /// Added to all scores.
  private let bias: GraphValue?
  /// Sine and cosine of every angle that queries are turned by, `[queries, head size / 2]`.
  private let turns: (sines: GraphValue, cosines: GraphValue)?

  /// Queries at the positions `queries`, `[queries]`; keys from the first position on, up to the last
  /// query's.
  init(
    _ graph: GraphBuilder, _ configuration: TransformerConfiguration, stack: String,
    queries: GraphValue, keys: GraphValue
  ) {
    self.graph = graph
    self.configuration = configuration
    self.stack = stack
    /// The key's position minus the query's.
    func distances() -> GraphValue {
      graph.subtract(graph.unsqueezed(keys, [0]), graph.unsqueezed(queries, [1]))
    }
    var (rows, bias): (GraphValue?, GraphValue?) = (nil, nil)
    var turns: (GraphValue, GraphValue)?
    switch configuration.positions {
    case .sinusoidal, .paperSinusoidal, .learned: break
    case .rotary:
      let size = configuration.columnsPerHead
      let frequencies = (0..<size / 2).map { pow(10_000, -2 * Double($0) / Double(size)) }
      turns = graph.waves(queries, frequencies, name: "rotary_frequencies.\(size)")
    case .alibi:
      let slopes = configuration.slopes(twoSided: stack == "encoder")
      let distance = distances()
      /// A slope a head times the distance on one side, which is 0 on the other.
      func side(_ name: String, _ operation: String, _ slopes: [Float]) -> GraphValue {
        let steps = graph.cast(
          graph.apply(operation, [distance, graph.constant(0)]), to: .float)
        let factors = graph.tensor(
          .floats("\(stack).slopes_\(name)", [slopes.count, 1, 1]) { slopes })
        return graph.multiply(graph.unsqueezed(steps, [0]), factors)
      }
      bias = graph.subtract(
        side("before", "Min", slopes.before), side("after", "Max", slopes.after))
    case .shaw, .t5, .disentangled:
      let limit = configuration.distanceLimit
      let clipped = graph.apply(
        "Min",
        [graph.apply("Max", [distances(), graph.constant(-limit)]), graph.constant(limit)])
      let found = graph.add(clipped, graph.constant(limit))
      rows = found
      if configuration.positions == .t5 {
        // [queries, keys, heads] → [heads, queries, keys]
        bias = graph.transposed(
          graph.gather(
            Self.table("\(stack).relative_positions.weight", stack, configuration, graph), found),
          [2, 0, 1])
      }
    }
    self.rows = rows
    self.bias = bias
    self.turns = turns
  }

  /// A trained table with a row for every bucket, as one with a row for every distance from −limit to
  /// limit, beyond which none is told apart.
  private static func table(
    _ name: String, _ stack: String, _ configuration: TransformerConfiguration,
    _ graph: GraphBuilder
  ) -> GraphValue {
    guard let parameter = graph.store[name],
      let buckets = configuration.buckets(twoSided: stack == "encoder")
    else {
      requirementFailure("graph: no parameter '\(name)' in the model")
    }
    let limit = configuration.distanceLimit
    let columns = parameter.shape[1]
    return graph.tensor(
      .floats("\(name).by_distance", [2 * limit + 1, columns]) {
        let values = parameter.values
        return (-limit...limit).flatMap { distance in
          let bucket = buckets.bucket(of: distance)
          return values[bucket * columns..<(bucket + 1) * columns]
        }
      })
  }

  /// Queries or keys turned by the positions of queries, where positions are rotary: `[batch, heads,
  /// queries, head size]`.
  func turned(_ x: GraphValue) -> GraphValue {
    guard let turns else { return x }
    let halves = graph.split(x, into: 2)
    let (a, b) = (halves[0], halves[1])
    return graph.joined(
      [
        graph.subtract(graph.multiply(a, turns.cosines), graph.multiply(b, turns.sines)),
        graph.add(graph.multiply(b, turns.cosines), graph.multiply(a, turns.sines)),
      ], axis: -1)
  }

  /// What distances add to the scores of one layer, whose self-attention has that name.
  func terms(_ queries: GraphValue, _ keys: GraphValue, attention name: String) -> DistanceTerms {
    guard let rows else { return DistanceTerms(biases: bias.map { [$0] } ?? []) }
    switch configuration.positions {
    case .shaw:
      let table = Self.table("\(name).relative_positions.weight", stack, configuration, graph)
      return DistanceTerms(
        products: [picked(graph.product(queries, graph.transposed(table, [1, 0])), rows, queries)])
    case .disentangled:
      let table = Self.table("\(stack).relative_positions.weight", stack, configuration, graph)
      let toContent = product(queries, graph.linear(table, "\(name).position_key"))
      let toPosition = product(keys, graph.linear(table, "\(name).position_query"))
      return DistanceTerms(
        products: [
          picked(toContent, rows, queries),
          // Picked for keys and their queries, then turned.
          graph.transposed(
            picked(toPosition, graph.transposed(rows, [1, 0]), keys), [0, 1, 3, 2]),
        ], scale: 1 / Float(3 * configuration.columnsPerHead).squareRoot())
    default: return DistanceTerms(biases: bias.map { [$0] } ?? [])
    }
  }

  /// Products of every head's rows with its columns of a table: `[batch, heads, length, distances]`.
  private func product(_ x: GraphValue, _ table: GraphValue) -> GraphValue {
    let (count, size) = (configuration.headCount, configuration.columnsPerHead)
    // [distances, columns] → [heads, head size, distances]
    let divided = graph.transposed(graph.reshaped(table, [0, count, size]), [1, 2, 0])
    return graph.product(x, divided)
  }

  /// Of products with all distances, for each of the others the one of its distance.
  private func picked(_ products: GraphValue, _ rows: GraphValue, _ x: GraphValue) -> GraphValue {
    let leading = graph.apply("Shape", [x], [.int("start", 0), .int("end", 2)])
    let shape = graph.joined([leading, graph.shape(of: rows)], axis: 0)
    return graph.apply(
      "GatherElements", [products, graph.expanded(rows, to: shape)], [.int("axis", -1)])
  }
}

extension GraphBuilder {
  /// Sines and cosines of positions times frequencies, `[positions, frequencies]`; computed in double
  /// precision, as the model does, since angles grow with the position.
  func waves(
    _ positions: GraphValue, _ frequencies: [Double], name: String
  ) -> (sines: GraphValue, cosines: GraphValue) {
    let factors = tensor(.doubles(name, [1, frequencies.count]) { frequencies })
    let angles = multiply(cast(unsqueezed(positions, [1]), to: .double), factors)
    let quarter = tensor(.doubles("quarter_turn", []) { [Double.pi / 2] })
    // Not every runtime has a cosine in double precision.
    return (
      cast(apply("Sin", [angles]), to: .float),
      cast(apply("Sin", [add(angles, quarter)]), to: .float)
    )
  }
}
