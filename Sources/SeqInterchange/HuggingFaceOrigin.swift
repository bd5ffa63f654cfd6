internal import Foundation
internal import SeqCheckpoints

/// What is kept of a Hugging Face directory beside the model that was made of it, in a folder named
/// `hugging_face`, so that the model can leave as it came: settings, tokenizer files, and the types of
/// its tensors.
struct HuggingFaceOrigin {
  /// The folder in a model directory.
  static let folderName = "hugging_face"
  private static let tensorList = "tensors.json"

  /// A tensor as the original files have it.
  struct Tensor: Codable, Hashable {
    let name: String
    let type: String
    let shape: [Int]
  }

  private struct List: Codable {
    let tensors: [Tensor]
  }

  let folder: URL
  /// In the order of the original files.
  let tensors: [Tensor]

  /// Files of a model that are neither its tensors nor text for people.
  private static func isKept(_ name: String) -> Bool {
    let endings = [".json", ".model", ".spm", ".txt"]
    return endings.contains { name.hasSuffix($0) } && !name.hasSuffix(".index.json")
      && name != tensorList
  }

  /// Copies what is to be kept of a directory into a model directory that is being written.
  ///
  /// - Throws: ``CheckpointError``.
  static func keep(_ files: ShardedTensors, in model: URL) throws {
    let folder = model.appendingPathComponent(folderName)
    try createFolder(folder.path)
    let names = try FileManager.default.contentsOfDirectory(atPath: files.directory.path)
    for name in names.sorted() where isKept(name) {
      let data = try Data(contentsOf: files.directory.appendingPathComponent(name))
      try AtomicFile.write(Array(data), to: folder.appendingPathComponent(name).path)
    }
    let list = List(
      tensors: files.names.compactMap { name in
        files.tensors[name].map {
          Tensor(name: name, type: $0.entry.elementType.rawValue, shape: $0.entry.shape)
        }
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(
      Array(try encoder.encode(list)) + [0x0A],
      to: folder.appendingPathComponent(tensorList).path)
  }

  /// What was kept in a model directory; nil where nothing was.
  ///
  /// - Throws: ``InterchangeError`` where it is damaged.
  init?(model: URL) throws {
    folder = model.appendingPathComponent(Self.folderName)
    let file = folder.appendingPathComponent(Self.tensorList)
    guard let data = FileManager.default.contents(atPath: file.path) else { return nil }
    do {
      tensors = try JSONDecoder().decode(List.self, from: data).tensors
    } catch {
      throw InterchangeError(
        .malformedFile, path: file.path, found: "what cannot be read",
        expected: "the list of tensors that import wrote",
        hint: "import the model anew, or remove the folder to export it as one trained here")
    }
  }

  /// Rows of a table of positions; nil where there is none.
  var tableSize: Int? {
    tensors.first { $0.name.hasSuffix("embed_positions.weight") }?.shape.first
  }

  /// The family that the settings name.
  func family() throws -> HuggingFaceFamily {
    let file = folder.appendingPathComponent("config.json")
    return try HuggingFaceConfiguration(file: file).family(path: file.path)
  }

  /// Copies what was kept to where the model goes.
  ///
  /// - Throws: ``CheckpointError``.
  func restore(to output: URL) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    for name in names.sorted() where Self.isKept(name) {
      let data = try Data(contentsOf: folder.appendingPathComponent(name))
      try AtomicFile.write(Array(data), to: output.appendingPathComponent(name).path)
    }
  }
}
