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
      // layer_count stands for both.
      let isLayerCount = difference.key.hasSuffix("_layer_count") && section.isSet("layer_count")
      let key = isLayerCount ? "layer_count" : difference.key
      guard noted.insert(key).inserted else { continue }
      section.require(
        false, about: key,
        or:
          "is \(difference.own), the model in \(path) has \(difference.other); leave the key out, "
          + "or start from another model")
    }
  }
}
