import SeqCommands
import SeqKit

/// The smallest complete configuration; tests add to it or change it by settings.
let minimalYAML = """
  data:
    train: { source: train.en, target: train.de }
  tokenizer: { type: byte }
  model: { type: transformer }
  training: { max_steps: 100 }

  """

/// Reads a configuration that is not in a file.
func read(
  _ yaml: String = minimalYAML, set settings: [String] = [], environment: [String: String] = [:]
) throws(ConfigurationError) -> RunConfiguration {
  try RunConfiguration(
    yaml: yaml, path: "/runs/run.yaml", settings: settings, environment: environment)
}

/// The lines that reading reports after its heading; none when the configuration is sound.
func report(
  _ yaml: String = minimalYAML, set settings: [String] = [], environment: [String: String] = [:]
) -> [String] {
  do throws(ConfigurationError) {
    _ = try read(yaml, set: settings, environment: environment)
    return []
  } catch {
    return error.description.split(separator: "\n").dropFirst().map(String.init)
  }
}
