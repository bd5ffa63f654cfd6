import Foundation

/// A folder as Hugging Face's transformers keeps a model's tokenizer in, read with bounds.
struct HuggingFaceFolder {
  /// The largest tokenizer file that is read; those of 256,000 pieces are half of it.
  static let maximumFileSize = 64 << 20

  let directory: URL
  private let settings: [JSONNode]
  /// The model's own `config.json`, where there is one.
  private let model: JSONNode?

  init(_ directory: URL) throws(TextError) {
    self.directory = directory
    func node(_ name: String) throws(TextError) -> JSONNode? {
      let file = directory.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file.path) else { return nil }
      return try JSONNode(
        try TextFile.read(file, limit: HuggingFaceFolder.maximumFileSize), file: file.path)
    }
    var settings: [JSONNode] = []
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      if let node = try node(name) { settings.append(node) }
    }
    self.settings = settings
    model = try node("config.json")
  }

  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  func read(_ name: String) throws(TextError) -> [UInt8] {
    try TextFile.read(
      directory.appendingPathComponent(name), limit: HuggingFaceFolder.maximumFileSize)
  }

  /// A setting of `tokenizer_config.json`, or of `special_tokens_map.json`.
  func setting(_ key: String) throws(TextError) -> JSONNode? {
    for node in settings { if let value = try node.optional(key) { return value } }
    return nil
  }

  /// What `config.json` calls the model: `t5`, `bart`, `marian`.
  func modelType() throws(TextError) -> String? {
    try model?.optional("model_type")?.string()
  }

  /// The spelling of a special token by its role, as in `eos_token`; the first role that is named
  /// counts.
  func specialToken(_ roles: String...) throws(TextError) -> [UInt8]? {
    for role in roles {
      guard let node = try setting(role) else { continue }
      if case .text(let bytes) = node.value { return bytes }
      return try node.required("content").text()
    }
    return nil
  }

  /// The special tokens that the settings name; those they do not name are the usual ones.
  func specialTokens(
    usual: SpecialTokens, id: ([UInt8]) -> Int32?
  ) throws(TextError) -> SpecialTokens {
    func named(_ role: String, or usual: Int32) throws(TextError) -> Int32 {
      try specialToken(role).flatMap(id) ?? usual
    }
    var tokens = usual
    tokens.padding = try named("pad_token", or: usual.padding)
    tokens.beginning = try named(
      "bos_token", or: usual.beginning == usual.padding ? tokens.padding : usual.beginning)
    tokens.end = try named("eos_token", or: usual.end)
    tokens.unknown = try named("unk_token", or: usual.unknown)
    return tokens
  }
}
