import Foundation
import Testing

extension CommandLineTests {
  /// Choosing from n-best lists, and tuning what features count.
  @Suite("rerank")
  struct RerankTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Three lists in which `good` is right and the score wrong; `fair` is right in two.
    private static let lists = """
      0 ||| the dog ||| score=-1 good=0 fair= 1
      0 ||| the cat ||| score=-2 good=3 fair= 2
      1 ||| a red house ||| score=-4 good=1 fair= 0
      1 ||| a house ||| score=-3 good=-1 fair= 5
      2 ||| three ||| score=-1 good=0 fair= 0
      2 ||| two ||| score=-2 good=0.5 fair= 0.5
      2 ||| four ||| score=-1.5 good=-2 fair= -8

      """

    @Test("the largest weighted sum is chosen, of equal ones the first")
    func chooses() throws {
      try folder.write("lists", Self.lists)
      func chosen(_ weights: String) throws -> [String] {
        try folder.write("weights", weights)
        let outcome = try CommandLineTool.run(
          ["rerank", folder["lists"], "--weights", folder["weights"]])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines
      }
      #expect(try chosen(#"{"score": 1}"#) == ["the dog", "a house", "three"])
      #expect(try chosen(#"{"good": 2}"#) == ["the cat", "a red house", "two"])
      #expect(try chosen(#"{"good": -1, "fair": 0.1}"#) == ["the dog", "a house", "four"])
      #expect(try chosen(#"{"score": 0}"#) == ["the dog", "a red house", "three"])
      // What counts nothing need not be there.
      #expect(try chosen(#"{"score": 1, "nowhere": 0}"#) == ["the dog", "a house", "three"])
      #expect(try chosen(#"{"length": 1}"#) == ["the dog", "a red house", "three"])
      // Reading what stands on standard input, writing a file, with the numbers behind the choice.
      try folder.write("weights", #"{"good": 1, "score": 0.5}"#)
      let json = try CommandLineTool.run(
        [
          "rerank", "-", "--weights", folder["weights"], "--format", "jsonl", "--output",
          folder["out"],
        ], input: Self.lists)
      #expect(json.status == 0 && json.output.isEmpty)
      let line = try #require(folder.text("out").split(separator: "\n").first)
      let object = try ToyRun.object(String(line))
      #expect(object["translation"] as? String == "the cat")
      #expect(object["index"] as? Int == 1 && object["score"] as? Double == 2)
      #expect(
        object["features"] as? [String: Double] == ["score": -2, "good": 3, "fair": 2, "length": 2])
    }

    @Test("features of files stand in the order of the translations")
    func featureFiles() throws {
      try folder.write("lists", Self.lists)
      try folder.write("more", [5, 4, 1, 2, 0, 0, 7].map { "\($0)\n" }.joined())
      try folder.write(
        "scored", [1, 2, 2, 1, 3, 9, 1].map { "{\"score\": \($0), \"target\": \"x\"}\n" }.joined())
      try folder.write("source", "un chat\nune maison rouge\ndeux\n")
      func chosen(_ weights: String) throws -> [String] {
        try folder.write("weights", weights)
        return try CommandLineTool.run([
          "rerank", folder["lists"], "--weights", folder["weights"], "--feature",
          "more=\(folder["more"])", "--feature", "other=\(folder["scored"])", "--source",
          folder["source"],
        ]).lines
      }
      #expect(try chosen(#"{"more": 1}"#) == ["the dog", "a house", "four"])
      #expect(try chosen(#"{"other": 1}"#) == ["the cat", "a red house", "two"])
      #expect(try chosen(#"{"length_ratio": -1}"#) == ["the dog", "a house", "two"])
    }

    @Test("tuning finds the feature that knows, and the weights it writes choose by it")
    func tunes() throws {
      try folder.write("lists", Self.lists)
      try folder.write("reference", "the cat\na red house\ntwo\n")
      let arguments = [
        "rerank", folder["lists"], "--tune", "--reference", folder["reference"], "--weights",
        folder["weights"], "--metric", "exact_match",
      ]
      let tuned = try CommandLineTool.run(arguments)
      #expect(tuned.status == 0, "\(tuned.errors)")
      #expect(tuned.output.isEmpty)
      #expect(
        tuned.errors.hasPrefix(
          "exact_match 0.0000, tuned 100.0000 on 3 lists of 7 translations\n"))
      let first = folder.text("weights")
      let weights = try ToyRun.object(first).compactMapValues { $0 as? Double }
      #expect(Set(weights.keys) == ["score", "good", "fair", "length"])
      #expect(abs(weights.values.reduce(0) { $0 + abs($1) } - 1) < 1e-9)
      let reranked = try CommandLineTool.run(
        ["rerank", folder["lists"], "--weights", folder["weights"]])
      #expect(reranked.output == folder.text("reference"))
      // The same again, and no worse from there by an error rate.
      #expect(try CommandLineTool.run(arguments).status == 0)
      #expect(folder.text("weights") == first)
      try folder.write("start", first)
      let again = try CommandLineTool.run(
        Array(arguments.dropLast()) + ["wer", "--start", folder["start"], "--restarts", "0"])
      #expect(again.errors.hasPrefix("wer 0.0000, tuned 0.0000 on"), "\(again.errors)")
    }

    @Test("lists of translate are read in both forms, and models give features")
    func translations() throws {
      let model = try ToyModel.path()
      let lines = ToyModel.sentences.prefix(12) + ["", "zzz"]
      let input = lines.map { $0 + "\n" }.joined()
      let arguments = ["translate", model, "--n-best", "3", "--beam-size", "4"]
      let penalty = ["--length-penalty", "0"]
      let plain = try CommandLineTool.run(arguments + penalty, input: input)
      try folder.write("plain", plain.output)
      let json = try CommandLineTool.run(
        arguments + penalty + ["--format", "jsonl"], input: input)
      try folder.write("json", json.output)
      try folder.write("weights", #"{"score": 1}"#)
      let expected = try CommandLineTool.run(
        ["translate", model, "--beam-size", "4"] + penalty, input: input)
      for name in ["plain", "json"] {
        let reranked = try CommandLineTool.run(
          ["rerank", folder[name], "--weights", folder["weights"]])
        #expect(reranked.status == 0, "\(reranked.errors)")
        #expect(reranked.output == expected.output)
      }
      // Without a length penalty the search's score is what the model gives the whole target.
      let scored = try CommandLineTool.run([
        "rerank", folder["json"], "--weights", folder["weights"], "--model", "again=\(model)",
        "--format", "jsonl",
      ])
      #expect(scored.status == 0, "\(scored.errors)")
      for line in scored.lines where try ToyRun.object(line)["source"] as? String != "" {
        let features = try #require(ToyRun.object(line)["features"] as? [String: Double])
        let (score, again) = (try #require(features["score"]), try #require(features["again"]))
        #expect(abs(score - again) < 1e-4 * max(1, abs(score)))
        #expect(features["length"] != nil && features["length_ratio"] != nil)
      }
      // Tuned on what it is to say, it is no worse than the search.
      try folder.write("reference", input)
      let tuned = try CommandLineTool.run([
        "rerank", folder["json"], "--tune", "--reference", folder["reference"], "--weights",
        folder["tuned"],
      ])
      #expect(tuned.status == 0, "\(tuned.errors)")
      let figures = tuned.errors.split(separator: " ").prefix(4).compactMap {
        Double($0.filter { $0 != "," })
      }
      #expect(figures.count == 2 && figures[1] >= figures[0])
    }

    @Test("what cannot be reranked is an error with its place")
    func problems() throws {
      try folder.write("lists", Self.lists)
      try folder.write("weights", #"{"score": 1}"#)
      try folder.write("reference", "a\nb\n")
      func run(_ arguments: [String]) throws -> (Int32, String) {
        let outcome = try CommandLineTool.run(["rerank"] + arguments)
        return (outcome.status, outcome.errors)
      }
      func fails(
        _ lists: String, _ status: Int32, _ message: String, weights: String = #"{"score": 1}"#
      ) throws {
        try folder.write("bad", lists)
        try folder.write("own", weights)
        let (found, errors) = try run([folder["bad"], "--weights", folder["own"]])
        #expect(found == status && errors.contains(message), "\(errors)")
      }
      try fails(Self.lists, 65, "has no number 'none'", weights: #"{"none": 1}"#)
      try fails(Self.lists, 65, "translation 1 of list 1 has no number", weights: #"{"x": 1}"#)
      try fails("0 ||| a ||| score=1\n0 ||| b ||| score=x\n", 65, "bad:2: the feature value 'x'")
      try fails("0 ||| a ||| 1\nnothing\n", 65, "bad:2: no n-best line")
      try fails("0 ||| a ||| 1\n0 ||| a ||| what is this\n", 65, "bad:2: the field")
      try fails("{\"source\": \"a\"}\n", 65, "bad:1: an object without a translation")
      try fails("{\"source\": \n", 65, "bad:1: no such object")
      try fails(Self.lists, 65, "own: no object of names and numbers", weights: "[1]")
      try fails(Self.lists, 65, "own: no weights", weights: "{}")
      let cases: [([String], Int32, String)] = [
        ([folder["none"], "--weights", folder["weights"]], 66, "none"),
        ([folder["lists"], "--weights", folder["none"]], 66, "none"),
        ([folder["lists"], "--weights", folder["w"], "--tune"], 64, "--tune needs --reference"),
        (
          [folder["lists"], "--weights", folder["weights"], "--reference", folder["reference"]], 64,
          "with --tune only"
        ),
        (
          [
            folder["lists"], "--weights", folder["w"], "--tune", "--reference", folder["reference"],
          ], 65, "reference: 2 lines, but"
        ),
        (
          [
            folder["lists"], "--weights", folder["weights"], "--feature",
            "x=\(folder["reference"])",
          ], 65, "reference: 2 lines, but"
        ),
        (
          [folder["lists"], "--weights", folder["weights"], "--feature", "x"], 64, "feature"
        ),
      ]
      for (arguments, status, message) in cases {
        let (found, errors) = try run(arguments)
        #expect(found == status && errors.contains(message), "\(arguments): \(errors)")
      }
      try folder.write("words", [1, 2, 3, 4, 5, 6].map { "\($0)\n" }.joined() + "many\n")
      let (status, errors) = try run([
        folder["lists"], "--weights", folder["weights"], "--feature", "x=\(folder["words"])",
      ])
      #expect(status == 65 && errors.contains("words:7: 'many'"), "\(errors)")
      #expect(!folder.contains("w"))
    }
  }
}
