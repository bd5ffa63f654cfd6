import ArgumentParser
import Foundation
import SeqKit

extension InspectCommand {
  /// `seq2seq inspect model`: sizes, choices and parameters.
  struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "model", abstract: "Print a model's choices, sizes and parameters.")

    @Argument(help: ArgumentHelp("The directory of a trained model.", valueName: "model"))
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
      func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
      }
      var text = ""
      if let transformer = loaded.model as? Transformer {
        text += "transformer\n"
        for (name, value) in Mirror(reflecting: transformer.configuration).children {
          text += "  \(pad(configurationKey(name ?? ""), 20)) \(value)\n"
        }
      }
      let codec = loaded.codec
      text += """
        tokenizer
          type                 \(codec.configuration.type.rawValue)\(codec.configuration.shared ? ", shared" : "")
          source vocabulary    \(codec.sourceVocabularySize)
          target vocabulary    \(codec.targetVocabularySize)
        parameters

        """
      for (name, shape, moments) in rows {
        text += "  \(pad(name, nameWidth))  \(pad(shape, shapeWidth))  \(moments)\n"
      }
      let megabytes = Double(4 * store.valueCount) / 1e6
      text += String(
        format: "%d numbers in %d tensors, %.1f MB as float32", store.valueCount,
        store.parameters.count, megabytes)
      return text
    }
  }
}
