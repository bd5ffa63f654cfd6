import Foundation
import SeqKit

/// The trained model that `model.from` names: it decides the architecture and the tokenizer, and a
/// configuration need not repeat them.
struct StartingModel {
  /// As the run will look for it.
  let path: String
  let model: ModelConfiguration
  let tokenizer: TokenizerConfiguration

  /// Reads what the model's directory says of it.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  init(path: String) throws {
    let location = try ModelLocation(path: path)
    self.path = path
    model = try ModelDirectory.configuration(of: location.directory).model
    tokenizer = try TextCodec(directory: location.directory).configuration
  }

  /// Notes every key of a section that says something else than the model.
  func check(
    _ section: ConfigurationSection, _ differences: [(key: String, own: String, other: String)]
  ) {
    var noted: Set<String> = []
    for difference in differences {
      let key = Self.written(difference.key, in: section)
      guard noted.insert(key).inserted else { continue }
      section.require(
        false, about: key,
        or:
          "is \(difference.own), the model in \(path) has \(difference.other); leave the key out, "
          + "or start from another model")
    }
  }

  /// A key as the section spells it: `layer_count` stands for both counts, and in a half for its own.
  private static func written(_ key: String, in section: ConfigurationSection) -> String {
    for half in ["encoder", "decoder"] {
      if key == "\(half).\(half)_layer_count" { return "\(half).layer_count" }
      if key == "\(half)_layer_count" && section.isSet("layer_count") { return "layer_count" }
    }
    return key
  }
}
