import SeqKernels
import SeqTensors
import Testing

/// Parameters whose values lie in the memory of a file.
@Suite struct StoredParameterTests {
  /// Memory that counts how often it was let go.
  private final class Memory: StoredMemory, @unchecked Sendable {
    let floats: UnsafeMutablePointer<Float>
    let halves: UnsafeMutablePointer<UInt16>
    let wholes: UnsafeMutablePointer<Int8>
    let scales: UnsafeMutablePointer<Float>
    private let columns: Int
    private var precision = Precision.float32
    private(set) var releaseCount = 0
    private(set) var copiedRows: [Int] = []

    init(_ values: [Float], rows: Int) {
      columns = values.count / rows
      floats = .allocate(capacity: values.count)
      floats.update(from: values, count: values.count)
      halves = .allocate(capacity: values.count)
      Kernels.roundToBFloat16(values, into: halves, count: values.count)
      wholes = .allocate(capacity: values.count)
      scales = .allocate(capacity: rows)
      Kernels.quantizeRows(values, into: wholes, scales: scales, rows: rows, columns: columns)
    }

    deinit {
      floats.deallocate()
      halves.deallocate()
      wholes.deallocate()
      scales.deallocate()
    }

    func copyRow(_ row: Int, to memory: UnsafeMutableRawPointer) {
      copiedRows.append(row)
      let first = row * columns
      switch precision {
      case .float32: memory.copyMemory(from: floats + first, byteCount: 4 * columns)
      case .bfloat16: memory.copyMemory(from: halves + first, byteCount: 2 * columns)
      case .int8: memory.copyMemory(from: wholes + first, byteCount: columns)
      }
    }

    func release(rows: Range<Int>) { releaseCount += 1 }

    func values(_ precision: Precision) -> StoredValues {
      self.precision = precision
      return switch precision {
      case .float32: StoredValues(.float32(floats), owner: self)
      case .bfloat16: StoredValues(.bfloat16(halves), owner: self)
      case .int8: StoredValues(.int8(wholes, scales: scales), owner: self)
      }
    }
  }

  private static let (rows, columns) = (19, 24)
  private static let numbers: [Float] = {
    var random = CountedRandom(4)
    return (0..<(rows * columns)).map { _ in Float(random.normal()) }
  }()

  private static func parameter() -> (store: ParameterStore, parameter: Parameter) {
    let store = ParameterStore(seed: 3)
    return (store, store.root.parameter("w", [rows, columns], .normal(deviation: 1)))
  }

  /// The numbers as they are after rounding.
  private static func rounded(_ precision: Precision) -> [Float] {
    var values = numbers
    Kernels.round(&values, rows: rows, columns: columns, to: precision)
    return values
  }

  @Test func initialValuesDoNotDependOnWhoAsksFirst() {
    func store() -> ParameterStore {
      let store = ParameterStore(seed: 3)
      for name in ["a", "b"] {
        _ = store.root.parameter(name, [4, 4], .xavierUniform())
      }
      return store
    }
    let (first, second) = (store(), store())
    let a = first["a"]?.values
    let b = second["b"]?.values
    #expect(a != b && a == second["a"]?.values && b == first["b"]?.values)
  }

  @Test(arguments: Precision.allCases) func valuesAreTheFilesRounded(_ precision: Precision) {
    let (store, parameter) = Self.parameter()
    let memory = Memory(Self.numbers, rows: Self.rows)
    #expect(store.storedPrecision == .float32)
    parameter.adopt(memory.values(precision))
    #expect(store.storedPrecision == precision)
    #expect(parameter.values == Self.rounded(precision))
    parameter.detach()
    memory.floats.update(repeating: 0, count: Self.numbers.count)
    #expect(parameter.values == Self.rounded(precision))
    #expect(store.storedPrecision == .float32)
  }

  /// What is stored rounded is multiplied and looked up as what is rounded when it is needed.
  @Test(arguments: [Precision.bfloat16, .int8]) func roundingEarlyOrLateIsTheSame(
    _ precision: Precision
  ) {
    func results(_ stored: Precision) -> [[Float]] {
      let (_, parameter) = Self.parameter()
      let memory = Memory(Self.numbers, rows: Self.rows)
      parameter.adopt(memory.values(stored))
      let context = Context(mode: .inference, precision: precision)
      let x = context.tensor(
        Array(Self.numbers.prefix(5 * Self.columns)), shape: [5, Self.columns])
      let (tokens, scores) = x.likeliest(4, weight: parameter, bias: nil)
      let rows = context.embed(
        [3, 0, 18], in: parameter, sequences: Sequences(lengths: [3]), scale: 2)
      return [x.linear(weight: parameter).values, tokens.map { Float($0) }, scores, rows.values]
    }
    #expect(results(precision) == results(.float32))
    #expect(
      results(.float32)[3]
        == ([3, 0, 18] as [Int]).flatMap { row in
          Self.rounded(precision)[(row * Self.columns)..<((row + 1) * Self.columns)].map { 2 * $0 }
        })
  }

  /// A table of embeddings is not read through memory, of which a row here and there would keep much.
  @Test(arguments: Precision.allCases) func rowsAreAskedOfTheirOwner(_ precision: Precision) {
    let (_, parameter) = Self.parameter()
    let memory = Memory(Self.numbers, rows: Self.rows)
    parameter.adopt(memory.values(precision))
    let context = Context(mode: .inference, precision: precision)
    _ = context.embed([3, 0, 18], in: parameter, sequences: Sequences(lengths: [3]), scale: 2)
    #expect(memory.copiedRows == [3, 0, 18])
  }

  @Test func memoryGoesWhenItIsPackedUnlessItWasWritten() {
    let (_, parameter) = Self.parameter()
    let memory = Memory(Self.numbers, rows: Self.rows)
    parameter.adopt(memory.values(.float32))
    let context = Context(mode: .inference)
    func product() -> [Float] {
      context.tensor([Float](repeating: 1, count: Self.columns), shape: [1, Self.columns])
        .linear(weight: parameter).values
    }
    let before = product()
    let count = memory.releaseCount
    #expect(count > 0)
    parameter.pointer[0] += 1
    parameter.valuesDidChange()
    let after = product()
    #expect(memory.releaseCount == count)
    #expect(abs(after[0] - before[0] - 1) < 1e-5 && after.dropFirst() == before.dropFirst())
  }
}
