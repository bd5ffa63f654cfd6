internal import SeqModels
internal import SeqTensors

/// The parameters of a model under the names and in the shapes that a family of transformers has them
/// in, with what that always has and a model here need not: a bias of the output, tables of positions.
struct ExportedTensors {
  struct Tensor {
    let name: String
    let shape: [Int]
    /// Its numbers, row-major.
    let values: () -> [Float]
  }

  /// Every tensor once, by name.
  let all: [Tensor]
  private let byName: [String: Tensor]

  /// `positionCount` are the rows of tables of sines and cosines.
  ///
  /// - Precondition: The family has no obstacles to the model.
  init(_ model: any EncoderDecoder, _ family: HuggingFaceFamily, positionCount: Int) {
    let table = TensorTable(family, model.configuration)
    var tensors: [Tensor] = []
    for row in table.rows {
      guard let parameter = model.store[row.own] else { continue }
      let extents = parameter.shape.extents
      let count = extents[0] / row.others.count
      let size = parameter.shape.count / row.others.count
      for (part, name) in row.others.enumerated() {
        tensors.append(
          Tensor(name: name, shape: [count] + extents.dropFirst()) {
            Array(parameter.values[part * size..<(part + 1) * size])
          })
      }
    }
    if !family.isT5 {
      tensors = tensors.map(Self.completed)
      if !tensors.contains(where: { $0.name == Self.outputBias }) {
        let count = model.vocabularies.target
        tensors.append(
          Tensor(name: Self.outputBias, shape: [1, count]) { Array(repeating: 0, count: count) })
      }
      if let halves = model.configuration.transformerHalves {
        for (side, half) in [("encoder", halves.encoder), ("decoder", halves.decoder)] {
          Self.addPositions(
            "model.\(side).embed_positions.weight", half, family, sinusoidCount: positionCount,
            to: &tensors)
        }
      }
    }
    all = tensors.sorted { $0.name < $1.name }
    var byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    for (name, copies) in table.copies {
      for copy in copies { byName[copy] = byName[name] }
    }
    self.byName = byName
  }

  /// The tensor of a name, or of that which it is a copy of.
  subscript(name: String) -> Tensor? { byName[name] }

  private static let outputBias = "final_logits_bias"

  /// The bias of the output is a row there.
  private static func completed(_ tensor: Tensor) -> Tensor {
    guard tensor.name == outputBias else { return tensor }
    return Tensor(name: tensor.name, shape: [1] + tensor.shape, values: tensor.values)
  }

  /// Makes the table of positions one that the family reads: it adds that of sines and cosines, and has
  /// the first position where the family looks for it.
  private static func addPositions(
    _ name: String, _ half: TransformerConfiguration, _ family: HuggingFaceFamily,
    sinusoidCount: Int, to tensors: inout [Tensor]
  ) {
    let size = half.embeddingSize
    if let place = tensors.firstIndex(where: { $0.name == name }) {
      // BART's tables have two rows before the first position, Marian's and Pegasus' none.
      let (own, theirs) = (
        half.conventions.positionOffset, family == .bart || family == .mbart ? 2 : 0
      )
      guard own != theirs else { return }
      let (values, count) = (tensors[place].values, half.maxPositions - own)
      tensors[place] = Tensor(name: name, shape: [theirs + count, size]) {
        Array(repeating: 0, count: theirs * size) + values()[(own * size)...]
      }
    } else {
      let frequencies: FixedPositions.Frequencies =
        half.positions == .paperSinusoidal ? .exclusive : .inclusive
      tensors.append(
        Tensor(name: name, shape: [sinusoidCount, size]) {
          FixedPositions(count: sinusoidCount, size: size, frequencies: frequencies).values
        })
    }
  }
}
