import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Attention that is guided by given alignments, from the configuration to the error rate.
  @Suite("alignments")
  struct AlignmentSurfaceTests {
    private let folder: TestFolder
    private let links: [String]

    init() throws {
      folder = try TestFolder()
      let pairs = ToyRun.pairs(300, seed: 21)
      try folder.write("train.tsv", pairs.map { "\($0.source)\t\($0.target)\n" }.joined())
      links = pairs.map { pair in
        let count = pair.source.split(separator: " ").count
        return (0..<count).map { "\(count - 1 - $0)-\($0)" }.joined(separator: " ")
      }
      try folder.write("train.links", links.map { $0 + "\n" }.joined())
      try folder.write(
        "toy.yaml",
        """
        data:
          train: { pairs: train.tsv }
          alignments: train.links
        tokenizer: { type: whitespace }
        model:
          layer_count: 2
          embedding_size: 32
          feed_forward_size: 64
          head_count: 2
          dropout: 0
        training:
          batch_sentences: 50
          max_steps: 120
          alignment_weight: 0.5
          schedule: { type: constant, peak_rate: 0.005, warmup_steps: 10 }
          report_every_steps: 10

        """)
    }

    @Test("a guided model aligns as it was told, by error rate too")
    func guided() throws {
      let trained = try CommandLineTool.run([
        "train", folder["toy.yaml"], "--output", folder["model"], "--workers", "2",
      ])
      try #require(trained.status == 0, "\(trained.errors)")
      let metrics = folder.text("model/metrics.jsonl")
      #expect(metrics.contains("alignment_loss"))
      let unseen = ToyRun.pairs(40, seed: 99)
      try folder.write("source", unseen.map { $0.source + "\n" }.joined())
      try folder.write("target", unseen.map { $0.target + "\n" }.joined())
      let gold = unseen.map { pair in
        let count = pair.source.split(separator: " ").count
        return (0..<count).map { "\(count - 1 - $0)-\($0)" }.joined(separator: " ")
      }
      try folder.write("gold", gold.map { $0 + "\n" }.joined())
      let aligned = try CommandLineTool.run([
        "align", folder["model"], "--source", folder["source"], "--target", folder["target"],
      ])
      #expect(aligned.status == 0 && aligned.lines.count == 40)
      try folder.write("found", aligned.output)
      let scored = try ToyRun.object(
        CommandLineTool.run([
          "evaluate", "--metric", "aer", "--hypothesis", folder["found"], "--reference",
          folder["gold"], "--json",
        ]).output)
      // The mean over heads aligns, and the first head was guided.
      #expect(try #require(scored["score"] as? Double) < 25)
    }

    @Test("mistakes are named, and nothing is left behind")
    func mistakes() throws {
      func errors(_ setting: String) throws -> String {
        let outcome = try CommandLineTool.run([
          "train", folder["toy.yaml"], "--output", folder["no"], "--set", setting,
        ])
        #expect(outcome.status != 0)
        #expect(!folder.contains("no/train.corpus"))
        return outcome.errors
      }
      try folder.write("short.links", "0-0\n")
      #expect(
        try errors("data.alignments=\(folder["short.links"])").contains("the corpus has more"))
      #expect(try errors("data.alignments=null").contains("no effect without data.alignments"))
      #expect(try errors("data.alignments=missing").contains("missing"))
      #expect(
        try errors("model={ type: recurrent, attention: null }").contains("alignments guide"))
      #expect(
        try errors("data.train={ task: reverse, pair_count: 9 }").contains("task has none"))
      try folder.write("bad.links", "0-0 1\n")
      let scored = try CommandLineTool.run([
        "evaluate", "--metric", "aer", "--hypothesis", folder["bad.links"], "--reference",
        folder["bad.links"],
      ])
      #expect(scored.status == 65 && scored.errors.contains("bad.links:1"))
    }
  }
}
