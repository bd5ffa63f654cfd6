import SeqText
import Testing

@Suite struct BuiltInTaskTests {
  static func pairs(
    _ task: BuiltInTask, _ fold: BuiltInTask.Fold = .train, count: Int, seed: UInt64 = 1
  ) throws -> [TaskPair] {
    Array(try task.pairs(fold, count: count, seed: seed))
  }

  @Test(
    "Every task gives as many different pairs as are asked for", arguments: BuiltInTask.allCases)
  func distinctness(_ task: BuiltInTask) throws {
    let pairs = try Self.pairs(task, count: 5000)
    #expect(pairs.count == 5000)
    #expect(Set(pairs.map { Array($0.source.utf8) }).count == 5000)
    #expect(pairs.allSatisfy { !$0.source.isEmpty && !$0.target.isEmpty })
    let both = pairs.flatMap { [$0.source, $0.target] }
    #expect(both.allSatisfy { !$0.contains("\t") && !$0.contains("\n") && !$0.contains("  ") })
  }

  @Test("Folds share no source, whatever the seeds", arguments: BuiltInTask.allCases)
  func folds(_ task: BuiltInTask) throws {
    let train = try Self.pairs(task, .train, count: 5000)
    let validation = try Self.pairs(task, .validation, count: 300, seed: 2)
    let test = try Self.pairs(task, .test, count: 300, seed: 3)
    let sources = [train, validation, test].map { Set($0.map(\.source)) }
    #expect(sources[0].isDisjoint(with: sources[1]))
    #expect(sources[0].isDisjoint(with: sources[2]))
    #expect(sources[1].isDisjoint(with: sources[2]))
    for (fold, pairs) in [
      (BuiltInTask.Fold.train, train), (.validation, validation), (.test, test),
    ] {
      #expect(pairs.allSatisfy { task.fold(ofSource: $0.source) == fold })
    }
  }

  @Test("Pairs depend on the seed alone, and fewer are the beginning of more")
  func reproducibility() throws {
    for task in [BuiltInTask.french, .numbers, .reverse] {
      let pairs = try Self.pairs(task, count: 400)
      #expect(try Self.pairs(task, count: 400) == pairs)
      #expect(try Self.pairs(task, count: 100) == Array(pairs.prefix(100)))
      #expect(try Self.pairs(task, count: 400, seed: 2) != pairs)
    }
  }

  /// Changed pairs would change what a recorded result was measured on.
  @Test("The first pairs stay what they are")
  func recordedPairs() throws {
    let first = try BuiltInTask.allCases.map { try Self.pairs($0, .test, count: 1)[0].source }
    #expect(
      first == [
        "b h f c i g", "i e b g c c a d h b", "h g j a j d j", "a i g j j c b e h b",
        "samedi 30 décembre 1978", "english 7600627",
        "two hundred forty-five thousand nine hundred twenty-seven", "650",
        "사백팔십육만 팔천이백팔십구", "90498716", "Est-ce que nous n'avons pas quarante-trois ans ?",
      ])
  }

  @Test("Letters are copied, reversed, sorted, and given an x")
  func letters() throws {
    for pair in try Self.pairs(.copy, count: 200) { #expect(pair.target == pair.source) }
    for pair in try Self.pairs(.reverse, count: 200) {
      #expect(pair.target == String(pair.source.reversed()))
    }
    for pair in try Self.pairs(.append, count: 200) { #expect(pair.target == pair.source + " x") }
    for pair in try Self.pairs(.sort, count: 200) {
      #expect(pair.target.split(separator: " ") == pair.source.split(separator: " ").sorted())
    }
    let lengths = Set(try Self.pairs(.copy, count: 500).map { ($0.source.count + 1) / 2 })
    #expect(lengths == Set(3...10))
  }

  @Test("Longer sequences of letters, as many of each length, the shorter ones as before")
  func longerLetters() throws {
    let pairs = Array(try BuiltInTask.reverse.pairs(.train, count: 9000, maxLength: 20))
    #expect(Set(pairs.map(\.source)).count == 9000)
    let lengths = pairs.map { ($0.source.count + 1) / 2 }
    for length in 3...20 {
      let count = lengths.count { $0 == length }
      // Of three letters there are fewer than a thousand.
      #expect(count > 350 && count < 650, "\(count) of length \(length)")
    }
    #expect(Set(lengths) == Set(3...20))
    for pair in pairs { #expect(pair.target == String(pair.source.reversed())) }
    // The letters that are drawn rather than numbered are as varied as the others.
    let long = pairs.filter { $0.source.count == 39 }.map { Array($0.source.utf8) }
    for place in stride(from: 0, to: 39, by: 2) {
      #expect(Set(long.map { $0[place] }).count == 10, "letter \(place / 2)")
    }
    #expect(Set(long.map { Array($0[30...]) }).count > long.count * 9 / 10)
    #expect(
      Array(try BuiltInTask.reverse.pairs(.test, count: 50, maxLength: 10))
        == Array(try BuiltInTask.reverse.pairs(.test, count: 50)))
    #expect(throws: TextError.self) { try BuiltInTask.reverse.pairs(.test, count: 1, maxLength: 2) }
    #expect(throws: TextError.self) {
      try BuiltInTask.sort.pairs(.test, count: 1, maxLength: 1001)
    }
    #expect(throws: TextError.self) { try BuiltInTask.dates.pairs(.test, count: 1, maxLength: 20) }
    #expect(try BuiltInTask.sort.pairs(.test, count: 1, maxLength: 1000).contains { _ in true })
  }

  @Test("More pairs than a task has are refused, before or when they run out")
  func exhaustion() throws {
    let all = 200 * 366 * 16
    #expect(throws: TextError.self) { try BuiltInTask.dates.pairs(.train, count: all) }
    // One day in twenty is too few for nearly all.
    let reader = try PairReader(
      .task(.dates, fold: .validation, pairCount: 500_000, seed: 1))
    var count = 0
    let error = #expect(throws: TextError.self) {
      while try reader.next() != nil { count += 1 }
    }
    #expect(error?.kind == .configuration)
    #expect(error?.expected?.contains("at most \(count)") == true)
    #expect(count > 40_000 && count < 70_000)
  }

  @Test("A reader hands out the same pairs, numbered, and then the end")
  func reader() throws {
    let pairs = try Self.pairs(.dates, count: 20, seed: 4)
    let reader = try PairReader(.task(.dates, fold: .train, pairCount: 20, seed: 4))
    for (index, pair) in pairs.enumerated() {
      let expected = TextPair(
        line: index + 1, source: Array(pair.source.utf8), target: Array(pair.target.utf8))
      #expect(try reader.next() == .pair(expected))
    }
    #expect(try reader.next() == nil)
  }
}
