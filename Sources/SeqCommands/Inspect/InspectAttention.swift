public import ArgumentParser
import Foundation
public import SeqKit

extension InspectCommand {
  /// `seq2seq inspect attention`: which token looked at which.
  struct Attention: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "attention",
      abstract: "Draw what a model attends to in a sentence and its translation.",
      discussion: """
        Rows are the tokens that look, columns what they look at; rows of cross-attention are the \
        tokens being written. Layers and heads count from 1.

        jsonl prints an object for every layer drawn, with its rows, columns and weights.

          seq2seq inspect attention runs/fr-en --source "Je suis étudiant"
          seq2seq inspect attention runs/fr-en --source "Je suis étudiant" \\
            --target "I am a student" --layer all --format svg --output attention.svg
        """)

    @Argument(
      help: ArgumentHelp("The directory of a trained model, or a checkpoint.", valueName: "model"))
    var model: String

    @Option(help: ArgumentHelp("The sentence to read.", valueName: "text"))
    var source: String

    @Option(
      help: ArgumentHelp("Its translation (default: that of translate).", valueName: "text"))
    var target: String?

    @Option(
      help:
        """
        cross (target to source), encoder, decoder (each to itself), pointer (what is copied), reading \
        (latents to source), paragraphs (target to paragraphs), document (paragraphs to one another), \
        pooling (each paragraph to its tokens).
        """)
    var kind: SentenceAttention.Kind = .cross

    @Option(help: "A layer from 1, or all (default: the last but one).")
    var layer: Layer = .best

    @Option(help: "A head from 1 (default: the mean of all).")
    var head: Int?

    @Flag(help: "Write the weights into the cells.")
    var numbers = false

    @OptionGroup var beginning: FirstTokenOption

    @OptionGroup var figure: FigureOutput

    enum Layer: ExpressibleByArgument {
      case best
      case all
      case one(Int)

      init?(argument: String) {
        if argument == "all" {
          self = .all
        } else if let number = Int(argument), number > 0 {
          self = .one(number)
        } else {
          return nil
        }
      }

      var defaultValueDescription: String { "the last but one" }
    }

    func validate() throws {
      if let head, head < 1 { throw ValidationError("--head must be at least 1.") }
    }

    func run() throws {
      try reportingErrors {
        let own = try ModelDirectory.load(URL(fileURLWithPath: model))
        let loaded = try beginning.applied(to: own)
        let text = Array(source.utf8)
        let source = loaded.codec.encodeSource(text)
        let attention = SentenceAttention(
          loaded, source: try checked(source, loaded, "--source", added: 0),
          target: try checked(
            try targetIDs(source, loaded, searchedAs: own.generation), loaded, "--target", added: 1),
          words: loaded.codec.unknownWords(of: text))
        let layers = try layers(of: attention)
        guard figure.format != .jsonl else {
          return try figure.write(layers.map { Line(attention, kind, layer: $0, head: head) })
        }
        try figure.draw(
          layers.map {
            attention.figure(kind, layer: $0, head: head.map { $0 - 1 }, showsNumbers: numbers)
          })
      }
    }

    /// The given target's ids, or what `translate` without other flags writes.
    private func targetIDs(
      _ source: [Int32], _ loaded: ModelDirectory, searchedAs generation: GenerationSettings?
    ) throws -> [Int32] {
      if let target {
        return loaded.codec.encodeTarget(
          Array(target.utf8), copyingFrom: Array(self.source.utf8), source)
      }
      let translator = try Translator(
        loaded.model,
        options: SearchFlags.parse([]).completed(by: generation).options(generation),
        processors: ConstraintFlags.parse([]).processors(loaded.codec, loaded.generation),
        pool: ComputePool(workerCount: 1, store: loaded.model.store))
      return try translator([source])[0].best.tokens
    }

    /// The ids, if the model can read so many and `added` special ones.
    private func checked(
      _ ids: [Int32], _ loaded: ModelDirectory, _ option: String, added: Int
    ) throws -> [Int32] {
      if let limit = loaded.model.lengthLimit, ids.count + added > limit {
        throw TextError(
          .badData, file: option, found: "\(ids.count + added) tokens with the special ones",
          expected: "at most \(limit), the positions of the model", hint: "Shorten the sentence.")
      }
      return ids
    }

    private func layers(of attention: SentenceAttention) throws -> [Int] {
      let (layerCount, headCount) = (attention.layerCount(kind), attention.headCount(kind))
      if layerCount == 0 {
        let others = SentenceAttention.Kind.allCases.filter { attention.layerCount($0) > 0 }
        throw ValidationError(
          "--kind is \(kind.rawValue); the model has no attention of this kind"
            + (others.isEmpty
              ? "." : ", it has \(others.map(\.rawValue).joined(separator: ", ")).")
        )
      }
      if let head, head > headCount {
        throw ValidationError("--head is \(head); a layer has \(headCount) heads.")
      }
      switch layer {
      case .best: return [attention.defaultLayer(kind)]
      case .all: return Array(0..<layerCount)
      case .one(let number):
        guard number <= layerCount else {
          throw ValidationError("--layer is \(number); the model has \(layerCount) of this kind.")
        }
        return [number - 1]
      }
    }

    private struct Line: Encodable {
      var kind: String
      var layer: Int
      var head: Int?
      var rows: [String]
      var columns: [String]
      var weights: [[Double]]

      init(_ attention: SentenceAttention, _ kind: SentenceAttention.Kind, layer: Int, head: Int?) {
        self.kind = kind.rawValue
        self.layer = layer + 1
        self.head = head
        (rows, columns) = attention.labels(kind)
        weights = attention.rows(kind, layer: layer, head: head.map { $0 - 1 })
          .map { $0.map { $0.isFinite ? $0 : 0 } }
      }
    }
  }
}

extension SentenceAttention.Kind: ExpressibleByArgument {}
