import Foundation
package import SeqKit
import Yams

extension RunConfiguration {
  /// Reads a configuration file strictly: unknown keys, wrong types, values out of range and
  /// values that do not go together are all reported at once, with their places.
  ///
  /// A relative `data.root` in the file starts from the file's folder; given by `--set` or
  /// `SEQ2SEQ_DATA` it starts from the working directory, as a shell completes it. The result
  /// holds an absolute root.
  ///
  /// - Parameters:
  ///   - path: the YAML file.
  ///   - settings: `KEY=VALUE` each, replacing what the file says; keys are dotted, values YAML.
  ///   - environment: of which `SEQ2SEQ_DATA`, if set, takes the place of the file's `data.root`.
  /// - Throws: ``ConfigurationError``.
  package init(
    yamlFile path: String, settings: [String] = [],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ConfigurationError) {
    guard let bytes = try Self.contents(of: path) else { throw .missing(path: path) }
    guard let yaml = String(validating: bytes, as: UTF8.self) else {
      let problem = ConfigurationProblem(
        place: .file, key: "", message: "expected UTF-8, found other bytes")
      throw .invalid(path: path, problems: [problem])
    }
    try self.init(yaml: yaml, path: path, settings: settings, environment: environment)
  }

  /// The bytes of a file or a pipe, without a byte order mark; nil when there is nothing.
  private static func contents(of path: String) throws(ConfigurationError) -> [UInt8]? {
    func unreadable(_ code: Int32) -> ConfigurationError {
      .unreadable(
        path: path,
        reason: code == EISDIR ? "it is a folder: name a file" : String(cString: strerror(code)))
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw unreadable(errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }

  /// Reads the text of a configuration file; `path` is used in messages and for `data.root`.
  ///
  /// - Throws: ``ConfigurationError``.
  package init(
    yaml: String, path: String, settings: [String] = [], environment: [String: String] = [:]
  ) throws(ConfigurationError) {
    let options = ConfigurationOptions(settings: settings, environment: environment)
    let problems = ConfigurationProblems(options: options.texts)
    let file: Node
    switch Self.tree(of: yaml) {
    case .success(let node): file = node
    case .failure(let fault):
      throw .invalid(path: path, problems: [fault.problem])
    }
    let tree = options.applied(to: file, noting: problems)
    guard let mapping = tree.mapping else {
      problems.note(at: .file, "expected sections (keys and values), found \(tree.summary)")
      throw .invalid(path: path, problems: problems.sorted)
    }
    let root = ConfigurationSection(mapping, key: "", problems: problems)
    let folders = ConfigurationFolders(file: path, overriddenKeys: options.texts.keys)
    let start = Self.startingModel(mapping, folders, noting: problems)
    let learned = start?.tokenizer ?? Self.startingTokenizer(mapping, folders, noting: problems)
    let data = root.section("data", isRequired: true) {
      CorpusConfiguration(section: $0, folders: folders)
    }
    let stated = root.section("tokenizer", isRequired: start == nil) {
      TokenizerConfiguration(section: $0, startingFrom: learned)
    }
    let tokenizer = stated ?? learned?.configuration
    let model = root.section("model", isRequired: true) {
      ModelConfiguration(
        section: $0, sharesVocabulary: tokenizer?.shared ?? true, startingFrom: start)
    }
    let training = root.section("training", isRequired: true) { section in
      let training = TrainingConfiguration(section: section)
      if let data, data.alignments == nil {
        section.refuse("alignment_weight", reason: "has no effect without data.alignments")
      }
      return training
    }
    let validation = root.section("validation") {
      ValidationConfiguration(section: $0, hasPairs: data?.validation != nil)
    }
    root.noteUnknownKeys()

    guard let data, let tokenizer, let model, let training else {
      throw .invalid(path: path, problems: problems.sorted)
    }
    self.init(
      data: data, tokenizer: tokenizer,
      initialTokenizer: learned.flatMap { $0.isOfModel ? nil : $0.path }, model: model,
      initialModel: start?.path, training: training,
      validation: validation ?? ValidationConfiguration())
    checkAgreement(sourceFrameCount: learned?.ownFrameCount, noting: problems)
    guard problems.isEmpty else { throw .invalid(path: path, problems: problems.sorted) }
  }

  /// The model that `model.from` names; nil without the key, or, noted, when it cannot be read.
  private static func startingModel(
    _ file: Node.Mapping, _ folders: ConfigurationFolders, noting problems: ConfigurationProblems
  ) -> StartingModel? {
    start(of: "model", file, folders, noting: problems) { try StartingModel(path: $0) }
  }

  /// The tokenizer that `tokenizer.from` names; nil without the key, or, noted, when it cannot be read.
  private static func startingTokenizer(
    _ file: Node.Mapping, _ folders: ConfigurationFolders, noting problems: ConfigurationProblems
  ) -> StartingTokenizer? {
    start(of: "tokenizer", file, folders, noting: problems) { path in
      let codec = try TextCodec(directory: URL(fileURLWithPath: path))
      guard TokenizerConfiguration.Kind.allCases.contains(codec.configuration.type) else {
        throw TextError(
          .configuration, file: path,
          found: "the \(codec.configuration.type.rawValue) tokenizer of a model from elsewhere",
          expected: "one learned here", hint: "Start from its model, by model.from.")
      }
      return StartingTokenizer(path: path, codec: codec, isOfModel: false)
    }
  }

  private static func start<Start>(
    of section: String, _ file: Node.Mapping, _ folders: ConfigurationFolders,
    noting problems: ConfigurationProblems, read: (String) throws -> Start
  ) -> Start? {
    guard let node = file[section]?.mapping?["from"], !node.isNothing,
      let path = node.scalar?.string
    else { return nil }
    do { return try read(folders.absolute(path, of: section, "from")) } catch {
      problems.note(
        "\(section).from", at: node.mark, "there is no \(section) to start from: \(error)")
      return nil
    }
  }

  /// Checks what one section says against what another does.
  private func checkAgreement(
    sourceFrameCount: Int?, noting problems: ConfigurationProblems
  ) {
    // A model that is there already has the vocabularies that it needs; Marian's tokenizer is a pair
    // of models with one.
    problems.require(
      !model.tying.sharesEmbeddings || tokenizer.shared || initialModel != nil,
      about: ["model.tying", "tokenizer.shared"],
      "tying: \(model.tying.rawValue) needs one vocabulary: tokenizer.shared: true, or tying: target"
    )
    problems.require(
      model.copying == nil || (tokenizer.shared && tokenizer.targetType == nil),
      about: ["model.copying", "tokenizer.shared", "tokenizer.target_type"],
      "copying needs one vocabulary: tokenizer.shared: true")
    problems.require(
      model.copying == nil || !training.regime.needsGenerator,
      about: ["model.copying", "training.regime", "training.regime.type"],
      "\(training.regime.kind.rawValue) feeds the decoder or shows a discriminator what is "
        + "generated, and knows nothing of what is copied; expected teacher_forcing or "
        + "minimum_risk")
    problems.require(
      data.alignments == nil || model.attendsToSource,
      about: ["data.alignments", "model.attention"],
      "alignments guide attention, and this model has none")
    problems.require(
      data.alignments == nil || training.regime.hasCrossEntropy,
      about: ["data.alignments", "training.regime", "training.regime.cross_entropy_share"],
      "alignments guide beside cross-entropy, of which this regime has none; expected "
        + "training.regime.cross_entropy_share above 0")
    problems.require(
      data.alignments == nil || model.memoryRows == .tokens,
      about: ["data.alignments", "model.latent_count", "model.memory_compression"],
      "alignments name single source tokens, which this model's decoder does not attend to")
    problems.require(
      model.documentLayerCount == nil || tokenizer.paragraphSeparator != nil,
      about: [
        "model.document_layer_count", "model.encoder.document_layer_count", "model.from",
        "tokenizer.paragraph_separator",
      ],
      "layers among paragraphs need sources that have some: say what stands between them, as in "
        + "tokenizer.paragraph_separator: \" ||| \"")
    let longest = data.longestRows(
      sourceFrameCount: sourceFrameCount
        ?? (tokenizer.sourceBOS ? 1 : 0) + (tokenizer.sourceEOS ? 1 : 0))
    problems.require(
      model.maxPositions.map { $0 >= longest } ?? true,
      about: [
        "model.max_positions", "data.max_length", "data.max_source_length",
        "data.max_target_length", "model.positions", "model.from",
      ],
      "learned positions must reach data.max_length and the tokens added to it: "
        + "expected at least \(longest), found \(model.maxPositions ?? 0)")
    problems.require(
      training.averageLast != 0 || data.validation != nil,
      about: ["training.average_last", "data.validation"],
      "0 takes the best model by validation, which needs data.validation")
  }
}

/// A file that is not YAML, or not one document.
private struct SyntaxFault: Error {
  var problem: ConfigurationProblem

  init(_ message: String, at mark: Mark?) {
    let place: ConfigurationProblem.Place =
      mark.map { .position(line: $0.line, column: $0.column) } ?? .file
    problem = ConfigurationProblem(place: place, key: "", message: message)
  }
}

extension RunConfiguration {
  private static func tree(of yaml: String) -> Result<Node, SyntaxFault> {
    do {
      guard let node = try Yams.compose(yaml: yaml) else {
        return .failure(SyntaxFault("expected a configuration, found nothing", at: nil))
      }
      return .success(node)
    } catch YamlError.scanner(let context, let problem, let mark, _) {
      return .failure(SyntaxFault(words(problem, context), at: mark))
    } catch YamlError.parser(let context, let problem, let mark, _) {
      return .failure(SyntaxFault(words(problem, context), at: mark))
    } catch YamlError.composer(let context, let problem, let mark, _) {
      return .failure(SyntaxFault(words(problem, context), at: mark))
    } catch YamlError.reader(let problem, _, _, _) {
      return .failure(SyntaxFault("not YAML: \(problem)", at: nil))
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      let names = keys.map { "'\($0)'" }.joined(separator: ", ")
      let message = "\(names) \(keys.count == 1 ? "stands" : "stand") more than once in one section"
      return .failure(SyntaxFault(message, at: context.mark))
    } catch {
      return .failure(SyntaxFault("not YAML: \(error)", at: nil))
    }
  }

  /// libYAML's words, as "while parsing a block mapping, did not find expected key".
  private static func words(_ problem: String, _ context: YamlError.Context?) -> String {
    let hint =
      problem.contains("cannot start any token")
      ? "; lines are indented by spaces, not tabs, and a value that begins with one of @ ` % needs "
        + "quotation marks" : ""
    return "not YAML: \(context.map { "\($0.text) " } ?? "")\(problem)\(hint)"
  }
}
