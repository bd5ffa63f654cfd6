import ArgumentParser
import Foundation
import SeqKit

extension InspectCommand {
  /// `seq2seq inspect model`: sizes, choices and parameters.
  struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "model", abstract: "Print a model's choices, sizes and parameters.")

    @Argument(
      help: ArgumentHelp("The directory of a trained model, or a checkpoint.", valueName: "model"))
    var model: String

    func run() throws {
      try reportingErrors {
        let loaded = try ModelDirectory.load(URL(fileURLWithPath: model))
        try withOutput(nil) { write in try write(describe(loaded) + "\n") }
      }
    }

    /// A property's name as configuration files spell it: `headCount` → `head_count`.
    private func configurationKey(_ property: String) -> String {
      property.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }

    private func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A line for every property of a configuration; for one with properties of its own, theirs.
    private func choices(of configuration: Any, indent: String = "  ") -> String {
      Mirror(reflecting: configuration).children.map { name, value in
        let key = pad(configurationKey(name ?? ""), 22 - indent.count)
        guard let section = value as? RecurrentAttentionConfiguration else {
          let text = (value as? any RawRepresentable).map { "\($0.rawValue)" } ?? "\(value)"
          return "\(indent)\(key) \(text == "nil" ? "none" : text)\n"
        }
        return "\(indent)\(key)\n" + choices(of: section, indent: indent + "  ")
      }.joined()
    }

    private func tokenizerType(_ configuration: TokenizerConfiguration) -> String {
      let type = configuration.type.rawValue
      if configuration.shared { return "\(type), shared" }
      return configuration.targetType.map { "\(type), \($0.rawValue) for the target" } ?? type
    }

    private func describe(_ loaded: ModelDirectory) -> String {
      let store = loaded.model.store
      var rows: [(String, String, String)] = []
      for parameter in store.parameters {
        let values = parameter.values
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1))
        let square = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = (square / Double(max(values.count, 1))).squareRoot()
        rows.append(
          (
            parameter.name, parameter.shape.description,
            String(format: "mean %+.4f  deviation %.4f", mean, deviation)
          ))
      }
      let nameWidth = rows.map(\.0.count).max() ?? 0
      let shapeWidth = rows.map(\.1.count).max() ?? 0
      var text = ""
      let model = loaded.model.configuration
      text += "\(model.family.rawValue)\n"
      switch model {
      case .transformer(let configuration): text += choices(of: configuration)
      case .recurrent(let configuration): text += choices(of: configuration)
      case .mixed(let configuration):
        let halves = [("encoder", configuration.encoder), ("decoder", configuration.decoder)]
        for (side, half) in halves {
          switch half {
          case .transformer(let half): text += "\(side): transformer\n" + choices(of: half)
          case .recurrent(let half): text += "\(side): recurrent\n" + choices(of: half)
          }
        }
      }
      let codec = loaded.codec
      text += """
        tokenizer
          type                 \(tokenizerType(codec.configuration))
          source vocabulary    \(codec.sourceVocabularySize)
          target vocabulary    \(codec.targetVocabularySize)

        """
      if let separator = codec.configuration.paragraphSeparator {
        text += "  paragraphs between   '\(separator)'\n"
      }
      text += "parameters\n"
      for (name, shape, moments) in rows {
        text += "  \(pad(name, nameWidth))  \(pad(shape, shapeWidth))  \(moments)\n"
      }
      let megabytes = Double(4 * store.valueCount) / 1e6
      text += "\(store.valueCount) numbers in \(store.parameters.count) tensors, "
      return text + String(format: "%.1f MB as float32", megabytes)
    }
  }
}
