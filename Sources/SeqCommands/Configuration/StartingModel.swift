import Foundation
import SeqKit

/// The trained model that `model.from` names: it decides the architecture and the tokenizer, and a
/// configuration need not repeat them.
struct StartingModel {
  /// As the run will look for it.
  let path: String
  let model: ModelConfiguration
  let tokenizer: StartingTokenizer

  /// Reads what the model's directory says of it.
  ///
  /// - Throws: ``CheckpointError``, ``TextError``.
  init(path: String) throws {
    let location = try ModelLocation(path: path)
    self.path = path
    model = try ModelDirectory.configuration(of: location.directory).model
    tokenizer = StartingTokenizer(
      path: path, codec: try TextCodec(directory: location.directory), isOfModel: true)
  }
}

/// The learned tokenizer that `tokenizer.from` names, or that came with the model of `model.from`.
struct StartingTokenizer {
  /// As the run will look for it.
  let path: String
  let configuration: TokenizerConfiguration
  /// Whether it is the one of the model that training starts from.
  let isOfModel: Bool
  /// Tokens that it puts around a source itself; nil where the configuration says what stands there.
  let ownFrameCount: Int?

  init(path: String, codec: TextCodec, isOfModel: Bool) {
    self.path = path
    self.isOfModel = isOfModel
    configuration = codec.configuration
    ownFrameCount = codec.source.frame.map { $0.before.count + $0.after.count }
  }

  /// In what a configuration contradicts the tokenizer; what is put around its tokens belongs to a
  /// model, and is free where there is none yet.
  func differences(
    of configuration: TokenizerConfiguration
  ) -> [(key: String, own: String, other: String)] {
    configuration.differences(from: self.configuration).filter {
      isOfModel || !TokenizerConfiguration.framingKeys.contains($0.key)
    }
  }
}

extension ConfigurationSection {
  /// Notes every key that says something else than what training starts from.
  func check(
    _ differences: [(key: String, own: String, other: String)], against what: String
  ) {
    var noted: Set<String> = []
    for difference in differences {
      let key = written(difference.key)
      guard noted.insert(key).inserted else { continue }
      require(
        false, about: key,
        or:
          "is \(difference.own), \(what) has \(difference.other); leave the key out, or start from "
          + "another")
    }
  }

  /// A key as the section spells it: `layer_count` stands for both counts, and in a half for its own.
  private func written(_ key: String) -> String {
    for half in ["encoder", "decoder"] {
      if key == "\(half).\(half)_layer_count" { return "\(half).layer_count" }
      if key == "\(half)_layer_count" && isSet("layer_count") { return "layer_count" }
    }
    return key
  }
}
