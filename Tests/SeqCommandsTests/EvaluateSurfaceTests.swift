import Foundation
import SeqKit
import Testing

extension CommandLineTests {
  /// Every metric of `evaluate`, by segment, and with significance.
  @Suite("evaluate")
  struct EvaluateSurfaceTests {
    let folder: TestFolder

    init() throws {
      folder = try TestFolder()
      try folder.write("gold", "the cat sat on the mat\n나는 학생입니다\n\nwe go home now\n")
      try folder.write("first", "the cat sat on a mat\n나는 선생입니다\n\nwe go home\n")
      try folder.write("second", "on the mat sat the cat\n나는\n\nhome now we go \n")
    }

    private func evaluate(_ options: [String], systems: [String] = ["first"]) throws
      -> CommandLineTool.Outcome
    {
      try CommandLineTool.run(
        ["evaluate", "--reference", folder["gold"]]
          + systems.flatMap { ["--hypothesis", folder[$0]] } + options)
    }

    @Test("every metric has a figure and a signature")
    func everyMetric() throws {
      let names = [
        "bleu": "BLEU", "chrf": "chrF2", "chrf++": "chrF2++", "ter": "TER", "rouge1": "rouge1",
        "rouge2": "rouge2", "rougeL": "rougeL", "rougeLsum": "rougeLsum",
        "rougeL_coco": "rougeL_coco", "exact_match": "exact_match", "wer": "WER", "cer": "CER",
        "per": "PER",
      ]
      for (option, name) in names {
        let outcome = try evaluate(["--metric", option, "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try ToyRun.object(outcome.output)
        #expect(object["name"] as? String == name)
        let score = try #require(object["score"] as? Double)
        #expect(score > 0 && score < 100)
        #expect(object["nrefs"] as? String == "1")
      }
      #expect(
        try evaluate(["--metric", "rouge_l", "--rouge-tokenize", "unicode"]).output
          == "rougeL|nrefs:1|tok:unicode|stem:no|newline:none|version:0.1.2 = 54.8 "
          + "(P = 58.33 R = 52.08)\n")
    }

    @Test("options reach their metrics, and are refused without them")
    func options() throws {
      let cases: [([String], String)] = [
        (["--metric", "chrf", "--chrf-word-order", "1", "--chrf-beta", "3"], "chrF3+|nrefs:1|"),
        (
          ["--metric", "chrf", "--chrf-whitespace", "--lowercase"],
          "case:lc|eff:yes|nc:6|nw:0|space:yes"
        ),
        (["--metric", "ter", "--ter-normalized", "--ter-no-punct"], "norm:yes|punct:no|asian:no"),
        (["--tokenize", "ko-syllable"], "tok:ko-syllable"), (["--tokenize", "zh"], "tok:zh"),
        (
          ["--metric", "rougeLsum", "--rouge-stemmer", "--rouge-newline", "<n>"],
          "stem:yes|newline:<n>"
        ),
      ]
      for (options, part) in cases {
        let outcome = try evaluate(options)
        #expect(outcome.status == 0 && outcome.output.contains(part), "\(outcome)")
      }
      let refused: [([String], String)] = [
        (["--chrf-beta", "3"], "--chrf-beta has no meaning without --metric chrf or chrf++."),
        (
          ["--metric", "chrf", "--tokenize", "13a"],
          "--tokenize has no meaning without --metric bleu."
        ),
        (["--metric", "chrf++", "--chrf-word-order", "1"], "has no meaning with chrf++"),
        (["--metric", "ter", "--ter-asian-support"], "without --ter-normalized or --ter-no-punct"),
        (["--metric", "rougeL_coco", "--rouge-newline", "x"], "no meaning with rougeL_coco"),
        (["--metric", "rougeL", "--rouge-newline", "a|b"], "must be a text without ':' and '|'"),
        (["--tokenize", "ja-mecab"], "needs a dictionary"),
        (["--tokenize", "word"], "there are none, 13a"),
        (["--metric", "chrf", "--chrf-char-order", "0"], "nothing is left"),
        (["--seed", "1"], "--seed has no meaning"),
        (["--bootstrap", "10", "--randomization", "10"], "not both"),
        (["--bootstrap", "0"], "--bootstrap is 0; it must be from 1"),
        (["--randomization", "10"], "compares systems"),
        (["--sentence-level", "--metric", "ter", "--metric", "wer"], "takes one --metric"),
        (["--sentence-level", "--bootstrap", "10"], "no meaning with --bootstrap"),
      ]
      for (options, message) in refused {
        let outcome = try evaluate(options)
        #expect(outcome.status == 64, "\(options)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
      }
    }

    @Test("a line a segment, orders being as long as segments allow")
    func segments() throws {
      let outcome = try evaluate(["--sentence-level", "--metric", "ter"])
      let signature = "TER|nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0"
      #expect(
        outcome.lines == ["16.7", "50.0", "0.0", "25.0"].map { "\(signature) = \($0)" })
      let bleu = try evaluate(["--sentence-level", "--json"], systems: ["gold"])
      let objects = try #require(
        JSONSerialization.jsonObject(with: Data(bleu.output.utf8)) as? [[String: Any]])
      #expect(objects.map { $0["score"] as? Double } == [100, 100, 0, 100])
      #expect(objects.allSatisfy { $0["eff"] as? String == "yes" })
    }

    @Test("one system gets its confidence, several a p-value beside the first")
    func significance() throws {
      let one = try evaluate(["--bootstrap", "100", "--metric", "chrf"])
      #expect(one.output.hasPrefix("chrF2|nrefs:1|bs:100|seed:12345|case:mixed|"))
      #expect(one.output.contains(" (μ = ") && one.output.contains(" ± "))
      let systems = ["first", "second", "first"]
      let table = try evaluate(
        ["--bootstrap", "100", "--metric", "bleu", "--metric", "rougeL_coco"], systems: systems)
      #expect(table.lines[0].contains("BLEU  μ ± 95 % CI  "))
      #expect(table.lines[1].hasPrefix("Baseline: \(folder["first"])"))
      #expect(table.lines[3].hasSuffix("0.0099*"))
      #expect(table.output.contains("Paired bootstrap resampling, 100 resamples."))
      #expect(table.output.contains("BLEU  nrefs:1|bs:100|seed:12345|"))
      let json = try evaluate(
        ["--randomization", "50", "--seed", "3", "--metric", "ter", "--json"], systems: systems)
      let objects = try #require(
        JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(objects.map { $0["system"] as? String }[1] == folder["second"])
      let ter = try objects.map { try #require($0["TER"] as? [String: Any]) }
      #expect(ter[0]["p_value"] is NSNull && ter[1]["mean"] is NSNull)
      #expect((ter[1]["p_value"] as? Double ?? 0) > 1.0 / 52)
      #expect(
        ter[1]["signature"] as? String
          == "nrefs:1|ar:50|seed:3|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0")
      #expect(
        try evaluate(["--bootstrap", "100", "--metric", "chrf"]).output == one.output,
        "the same draws")
    }
  }
}
