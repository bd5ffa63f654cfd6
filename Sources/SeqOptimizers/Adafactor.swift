internal import Foundation
public import SeqKernels
public import SeqTensors

/// Adafactor: second moments of a matrix from those of its rows and columns, so that its memory is
/// theirs; updates clipped by their own size.
///
/// Follows torch.optim.Adafactor where the paper leaves room: ε₁ bounds variances from below instead
/// of being added to squares, weight decay uses the learning rate itself, there is no first moment.
/// For a gradient G at step t, with β = 1 − t^−0.8:
///
///     R ← β R + (1 − β) · row means of G²,  C likewise of columns,  V = R Cᵀ / mean(R)
///     U = G / √V,  U ← U / max(1, RMS(U) / d),  W ← W − α U,  α = max(ε₂, RMS(W)) · min(rate, 1/√t)
///
/// - SeeAlso: Shazeer & Stern 2018, arXiv:1804.04235, algorithms 4 to 6.
public final class Adafactor: Optimizer {
  /// The rule and its constants.
  public let configuration: OptimizerConfiguration
  /// What is updated.
  public let store: ParameterStore
  /// Updates made so far.
  public private(set) var stepCount = 0
  private let moments: FlatBuffer
  private let layouts: [Layout]

  /// An optimizer that has made no update; it remembers a number for each row and column.
  public init(_ configuration: OptimizerConfiguration, store: ParameterStore) {
    self.configuration = configuration
    self.store = store
    var layouts: [Layout] = []
    var count = 0
    for parameter in store.parameters {
      layouts.append(Layout(parameter, offset: count))
      count += layouts[layouts.count - 1].momentCount
    }
    self.layouts = layouts
    moments = FlatBuffer(count: count)
  }

  /// For every matrix its `row` and `column` moments, for every vector its `second` moments.
  public var slots: [OptimizerSlot] {
    layouts.flatMap { layout in
      func slot(_ kind: String, _ count: Int, _ offset: Int) -> OptimizerSlot {
        OptimizerSlot(kind, of: layout.parameter, shape: [count], at: moments.pointer + offset)
      }
      return layout.isMatrix
        ? [
          slot("row", layout.rows, layout.offset),
          slot("column", layout.columns, layout.columnOffset),
        ] : [slot("second", layout.columns, layout.offset)]
    }
  }

  /// Puts back the number of updates made.
  public func restore(stepCount: Int) { self.stepCount = stepCount }

  /// Sums and clips as every optimizer; then each worker takes whole parameters, so that results
  /// do not depend on the number of workers.
  public func update<Local>(
    summing gradients: [GradientBuffer], scale: Double, rate: Double, pool: WorkerPool<Local>
  ) throws -> Double {
    let gradients = GradientSum(gradients, of: store)
    let norm = scale * (try gradients.norm(pool: pool))
    guard norm.isFinite else {
      gradients.clear()
      return norm
    }
    stepCount += 1
    let step = Step(
      configuration, stepCount: stepCount, rate: rate,
      scale: scale * configuration.clipFactor(norm: norm))
    let shares = Layout.dealt(layouts, workerCount: pool.count)
    let moments = moments
    try pool.run { worker, _ in
      for layout in shares[worker] {
        let start = layout.parameter.offset
        step.take(layout, gradient: gradients.pointer + start, moments: moments.pointer)
      }
    }
    try gradients.forEachPart(pool: pool) { _ in }
    store.valuesDidChange()
    return norm
  }
}

/// Where a parameter's second moments are.
private struct Layout: Sendable {
  let parameter: Parameter
  /// A vector is one row.
  let (rows, columns): (Int, Int)
  let isMatrix: Bool
  /// Where the rows' moments begin, the columns' after them; a vector has columns only.
  let offset: Int

  var momentCount: Int { (isMatrix ? rows : 0) + columns }
  var columnOffset: Int { isMatrix ? offset + rows : offset }

  init(_ parameter: Parameter, offset: Int) {
    self.parameter = parameter
    self.offset = offset
    isMatrix = parameter.shape.rank > 1
    rows = isMatrix ? parameter.shape.rows : 1
    columns = isMatrix ? parameter.shape.columns : parameter.shape.count
  }

  /// Whole parameters for each worker, the largest first to whoever has least.
  static func dealt(_ layouts: [Layout], workerCount: Int) -> [[Layout]] {
    var shares: [[Layout]] = Array(repeating: [], count: workerCount)
    var loads = Array(repeating: 0, count: workerCount)
    for layout in layouts.sorted(by: { $0.parameter.shape.count > $1.parameter.shape.count }) {
      let lightest = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      shares[lightest].append(layout)
      loads[lightest] += layout.parameter.shape.count
    }
    return shares
  }
}

/// The constants of one update.
private struct Step: Sendable {
  /// Multiplies the gradient first.
  let scale: Float
  /// 1 − β, the share that moments take of new squares.
  let share: Double
  /// The rate before it is multiplied by the size of the parameter.
  let relativeRate: Double
  /// What weight decay leaves of a value.
  let keep: Float
  let configuration: OptimizerConfiguration

  init(_ configuration: OptimizerConfiguration, stepCount: Int, rate: Double, scale: Double) {
    self.configuration = configuration
    self.scale = Float(scale)
    share = pow(Double(stepCount), -configuration.decayRate)
    relativeRate =
      configuration.relativeStep ? min(rate, 1 / Double(stepCount).squareRoot()) : rate
    keep = Float(1 - rate * configuration.weightDecay)
  }

  /// Updates one parameter and its moments.
  func take(
    _ layout: Layout, gradient: UnsafePointer<Float>, moments: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns) = (layout.rows, layout.columns)
    let count = Double(layout.parameter.shape.count)
    var rowFactors = [Float](repeating: 0, count: rows)
    var columnSums = [Float](repeating: 0, count: columns)
    Kernels.adafactorSquares(
      gradient, rows: rows, columns: columns, scale: scale, rowSums: &rowFactors,
      columnSums: &columnSums)
    let columnMoments = moments + layout.columnOffset
    for column in 0..<columns {
      blend(columnSums[column], count: rows, into: columnMoments + column)
    }
    if layout.isMatrix {
      let rowMoments = moments + layout.offset
      var sum = 0.0
      for row in 0..<rows {
        blend(rowFactors[row], count: columns, into: rowMoments + row)
        sum += Double(rowMoments[row])
      }
      let mean = max(sum / Double(rows), configuration.epsilon1)
      for row in 0..<rows { rowFactors[row] = Float(Double(rowMoments[row]) / mean) }
    } else {
      rowFactors[0] = 1
    }
    // Never 0, which would divide a gradient of 0.
    let floor = max(
      Float(configuration.epsilon1 * configuration.epsilon1), .leastNormalMagnitude)
    let squares = Kernels.adafactorUpdateSquares(
      gradient, row: rowFactors, column: columnMoments, rows: rows, columns: columns, scale: scale,
      floor: floor)
    let value = layout.parameter.pointer
    let size =
      configuration.scaleParameter
      ? max(
        configuration.epsilon2,
        (Kernels.sumOfSquares(value, count: layout.parameter.shape.count) / count).squareRoot())
      : 1
    let excess = max(1, (squares / count).squareRoot() / configuration.clipThreshold)
    Kernels.adafactorApply(
      value: value, gradient: gradient, row: rowFactors, column: columnMoments, rows: rows,
      columns: columns, scale: scale, floor: floor, keep: keep,
      step: Float(size * relativeRate / excess))
  }

  /// Moves a moment towards the mean of `count` squares.
  private func blend(_ sum: Float, count: Int, into moment: UnsafeMutablePointer<Float>) {
    let mean = Double(sum) / Double(count)
    moment.pointee += Float(share * (mean - Double(moment.pointee)))
  }
}
