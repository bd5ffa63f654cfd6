internal import Foundation
internal import SeqCheckpoints

/// The tensors of a Hugging Face directory, in one safetensors file or in several with an index.
struct ShardedTensors {
  /// A tensor and the file that holds it.
  struct Tensor {
    let file: SafetensorsFile
    let entry: SafetensorsFile.Entry
  }

  /// The folder they are from.
  let directory: URL
  /// By name.
  private(set) var tensors: [String: Tensor] = [:]
  /// Their names, in the order of the files.
  private(set) var names: [String] = []

  /// What `model.safetensors.index.json` says.
  private struct Index: Decodable {
    var weight_map: [String: String]
  }

  /// Opens every file of a directory; nothing but the headers is read.
  ///
  /// - Throws: ``InterchangeError`` where there is none, or a tensor is in two or in another than the
  ///   index says; ``CheckpointError`` for a damaged one.
  init(directory: URL) throws {
    self.directory = directory
    let single = directory.appendingPathComponent("model.safetensors")
    if FileManager.default.fileExists(atPath: single.path) {
      try add(SafetensorsFile(path: single.path))
      return
    }
    let index = directory.appendingPathComponent("model.safetensors.index.json")
    guard FileManager.default.fileExists(atPath: index.path) else {
      throw Self.missing(directory)
    }
    let map = try Self.readIndex(index)
    for name in Set(map.values).sorted() {
      // A name in an index must not lead out of its folder.
      guard !name.contains("/"), name.hasSuffix(".safetensors") else {
        throw InterchangeError(
          .malformedFile, path: index.path, name: "weight_map", found: "the file name '\(name)'",
          expected: "the name of a safetensors file beside it", hint: "the index is damaged")
      }
      try add(SafetensorsFile(path: directory.appendingPathComponent(name).path))
    }
    for (tensor, name) in map.sorted(by: { $0.key < $1.key }) {
      guard let found = tensors[tensor], found.file.path.hasSuffix("/" + name) else {
        throw InterchangeError(
          .wrongTensors, path: directory.appendingPathComponent(name).path, name: tensor,
          found: tensors[tensor].map { "it in \($0.file.path)" } ?? "no such tensor",
          expected: "it, as \(index.lastPathComponent) says",
          hint: "take all files anew from where the model came from")
      }
    }
    for tensor in names where map[tensor] == nil {
      throw InterchangeError(
        .wrongTensors, path: index.path, name: tensor, found: "a tensor that the index leaves out",
        expected: "all tensors of its files",
        hint: "take all files anew from where the model came from")
    }
  }

  private mutating func add(_ file: SafetensorsFile) throws {
    for entry in file.entries {
      if let other = tensors[entry.name] {
        throw InterchangeError(
          .wrongTensors, path: file.path, name: entry.name, found: "it in \(other.file.path) too",
          expected: "every tensor in one file",
          hint: "take all files anew from where the model came from")
      }
      tensors[entry.name] = Tensor(file: file, entry: entry)
      names.append(entry.name)
    }
  }

  private static func readIndex(_ file: URL) throws -> [String: String] {
    do {
      let data = try Data(contentsOf: file)
      guard data.count <= SafetensorsFile.headerSizeLimit else {
        throw InterchangeError(
          .malformedFile, path: file.path, found: "\(data.count) bytes",
          expected: "an index of tensors", hint: "the file is damaged")
      }
      return try JSONDecoder().decode(Index.self, from: data).weight_map
    } catch let error as InterchangeError {
      throw error
    } catch {
      throw InterchangeError(
        .malformedFile, path: file.path, found: "what cannot be read",
        expected: "JSON with the names of tensors and files under 'weight_map'",
        hint: "take the file anew from where the model came from")
    }
  }

  private static func missing(_ directory: URL) -> InterchangeError {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    let pickled = names.first { $0.hasPrefix("pytorch_model") && $0.hasSuffix(".bin") }
    guard let pickled else {
      return InterchangeError(
        .missingFile, path: directory.path, found: "no model.safetensors",
        expected: "the tensors of a model",
        hint: "give the folder that save_pretrained wrote, or that was downloaded whole")
    }
    return InterchangeError(
      .refusedFormat, path: directory.appendingPathComponent(pickled).path,
      found: "a pickle, which can run any program when it is read",
      expected: "model.safetensors",
      hint: "where you trust the file, convert it once with PyTorch: "
        + "AutoModelForSeq2SeqLM.from_pretrained(DIR).save_pretrained(NEW), which reads it with "
        + "weights_only and writes safetensors")
  }
}
