import Foundation
import SeqText
import Testing

@Suite struct BatchScheduleTests {
  /// A corpus of pairs with lengths between 1 and 40 bytes, made in a folder of its own.
  static func corpus(
    _ count: Int, in directory: TemporaryDirectory
  ) throws -> PreparedCorpus {
    let draws = CountedDraws(key: 99)
    var text: [UInt8] = []
    for line in 0..<count {
      let source = 1 + draws.integer(below: 40, at: UInt64(2 * line))
      let target = 1 + draws.integer(below: 40, at: UInt64(2 * line + 1))
      text += [UInt8](repeating: 0x61, count: source) + [0x09]
      text += [UInt8](repeating: 0x62, count: target) + [0x0A]
    }
    try directory.write("pairs.tsv", text)
    let configuration = CorpusConfiguration(
      root: directory.url.path,
      train: .table(pairs: "pairs.tsv", sourceColumn: 1, targetColumn: 2))
    return try PreparedCorpus.prepare(
      .train, of: configuration, codec: try PreparedCorpusTests.byteCodec(), into: directory.url)
  }

  static func schedule(
    _ corpus: PreparedCorpus, _ directory: TemporaryDirectory,
    size: BatchSize = .targetTokens(500), seed: UInt64 = 1, windowSize: Int = 1000
  ) -> BatchSchedule {
    BatchSchedule(
      corpus: corpus, size: size, seed: seed, directory: directory.url, windowSize: windowSize)
  }

  @Test("A permutation holds every position once, for any count")
  func permutation() {
    for count in Array(1...70) + [255, 256, 257, 1000, 4097, 65_537] {
      let permutation = IndexPermutation(count: count, key: 5)
      #expect(Set((0..<count).map { permutation[$0] }).count == count)
      #expect((0..<count).allSatisfy { permutation[$0] < count })
    }
  }

  @Test("Over many keys every position goes everywhere equally often")
  func permutationIsUniform() {
    let count = 13
    var counts = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for key in 0..<13_000 {
      let permutation = IndexPermutation(count: count, key: UInt64(key))
      for position in 0..<count { counts[position][permutation[position]] += 1 }
    }
    let chiSquare = counts.joined().reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    // 12 × 12 degrees of freedom: mean 144, deviation 17; 4.5 deviations above the mean.
    #expect(chiSquare < 144 + 4.5 * 17, "\(chiSquare)")
  }

  @Test(
    "An epoch holds every pair once, whatever the sizes",
    arguments: [
      BatchSize.targetTokens(500), .targetTokens(10), .targetTokens(500, sourceLimit: 300),
      .sentences(7), .sentences(5000),
    ],
    [1, 100, 1000, 100_000])
  func coverage(size: BatchSize, windowSize: Int) throws {
    let directory = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(3001, in: directory)
    let schedule = BatchScheduleTests.schedule(
      corpus, directory, size: size, windowSize: windowSize)
    for epoch in 0..<2 {
      let batches = try schedule.batches(inEpoch: epoch)
      #expect(batches.flatMap(\.pairs).sorted() == Array(0..<3001))
      #expect(batches.allSatisfy { !$0.pairs.isEmpty })
      for batch in batches {
        #expect(
          batch.labelCount == batch.pairs.reduce(0) { $0 + corpus.targetLength(at: $1) + 1 })
        switch size {
        case .targetTokens(let limit, let sourceLimit):
          let sources = batch.pairs.reduce(0) { $0 + corpus.sourceLength(at: $1) }
          #expect(
            batch.labelCount <= limit && sources <= sourceLimit ?? .max || batch.pairs.count == 1)
        case .sentences(let limit): #expect(batch.pairs.count <= limit)
        }
      }
      #expect(batches.map(\.isLastInEpoch).filter { $0 }.count == 1)
    }
  }

  @Test("Batches are full, alike in length within, and in no order of length among themselves")
  func fullness() throws {
    let directory = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(20_000, in: directory)
    let schedule = BatchScheduleTests.schedule(corpus, directory, windowSize: 4000)
    let batches = Array(try schedule.batches(inEpoch: 3))
    let mean = Double(batches.reduce(0) { $0 + $1.labelCount }) / Double(batches.count)
    #expect(mean > 0.96 * 500 && mean <= 500, "\(mean)")
    // Only one batch may fall short by more than the longest pair.
    #expect(batches.filter { $0.labelCount < 500 - 41 }.count <= 1)
    let spreads = batches.map { batch -> Int in
      let lengths = batch.pairs.map { corpus.targetLength(at: $0) }
      return (lengths.max() ?? 0) - (lengths.min() ?? 0)
    }
    #expect(Double(spreads.reduce(0, +)) / Double(spreads.count) < 2)
    let firsts = batches.compactMap { $0.pairs.first.map { corpus.targetLength(at: $0) } }
    let rises = zip(firsts, firsts.dropFirst()).filter { $0 < $1 }.count
    #expect(rises > batches.count / 3 && rises < 2 * batches.count / 3)
  }

  @Test("Seed, epoch and size change the batches; nothing else does")
  func determinism() throws {
    let directory = try TemporaryDirectory()
    let elsewhere = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(2000, in: directory)
    func batches(_ seed: UInt64, _ epoch: Int, _ folder: TemporaryDirectory) throws -> [[Int]] {
      try BatchScheduleTests.schedule(corpus, folder, seed: seed).batches(inEpoch: epoch)
        .map(\.pairs)
    }
    let first = try batches(1, 0, directory)
    #expect(try batches(1, 0, elsewhere) == first)
    #expect(try batches(1, 1, directory) != first)
    #expect(try batches(2, 0, directory) != first)
    #expect(try batches(1, 0, directory) == first)
  }

  @Test("A limit on source tokens that no batch reaches changes no batch; a lower one makes more")
  func sourceLimit() throws {
    let directory = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(3000, in: directory)
    func batches(_ limit: Int?) throws -> [[Int]] {
      try BatchScheduleTests.schedule(
        corpus, directory, size: .targetTokens(500, sourceLimit: limit)
      ).batches(inEpoch: 0).map(\.pairs)
    }
    let free = try batches(nil)
    let most = try #require(
      free.map { $0.reduce(0) { $0 + corpus.sourceLength(at: $1) } }.max())
    // Batches of the shortest targets have the most source tokens.
    #expect(most > 2000)
    #expect(try batches(most) == free)
    #expect(try batches(most / 2).count > free.count)
  }

  @Test("A cursor put anywhere goes on as the one that never stopped")
  func resuming() throws {
    let directory = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(1500, in: directory)
    let schedule = BatchScheduleTests.schedule(corpus, directory)
    let stepCount = try schedule.batchCount(inEpoch: 0) + schedule.batchCount(inEpoch: 1) + 3
    var cursor = schedule.cursor()
    var positions: [BatchPosition] = []
    var batches: [Batch] = []
    for _ in 0..<stepCount {
      positions.append(cursor.position)
      batches.append(try cursor.next())
    }
    #expect(batches.filter(\.isLastInEpoch).count == 2)
    #expect(batches.last?.position == BatchPosition(epoch: 2, batch: 2))
    for start in stride(from: 0, to: stepCount, by: 17) + [stepCount - 4, stepCount - 3] {
      let elsewhere = try TemporaryDirectory()
      var resumed = BatchScheduleTests.schedule(corpus, elsewhere).cursor(at: positions[start])
      for batch in batches[start...].prefix(40) { #expect(try resumed.next() == batch) }
    }
  }

  @Test("A damaged file of batches is written anew")
  func damage() throws {
    let directory = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(300, in: directory)
    let schedule = BatchScheduleTests.schedule(corpus, directory)
    let batches = try schedule.batches(inEpoch: 0).map(\.pairs)
    let file = directory.url.appendingPathComponent("train.batches")
    let whole = try Data(contentsOf: file)
    for length in [0, 40, whole.count - 8] {
      try directory.write("train.batches", whole.prefix(length))
      #expect(try schedule.batches(inEpoch: 0).map(\.pairs) == batches)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
    #expect(left.sorted() == ["pairs.tsv", "train.batches", "train.corpus"])
  }

  @Test("Batches for validation hold every pair once, in the corpus's order or by length")
  func validationBatches() throws {
    let directory = try TemporaryDirectory()
    let corpus = try BatchScheduleTests.corpus(1000, in: directory)
    let inOrder = CorpusBatches(corpus, size: .sentences(32), order: .corpus)
    #expect(inOrder.flatMap(\.pairs) == Array(0..<1000))
    #expect(inOrder.count == 32 && inOrder[31].pairs.count == 8 && inOrder[31].isLastInEpoch)
    let sorted = CorpusBatches(corpus, size: .targetTokens(300))
    let pairs = sorted.flatMap(\.pairs)
    #expect(pairs.sorted() == Array(0..<1000))
    let lengths = pairs.map { corpus.targetLength(at: $0) }
    #expect(zip(lengths, lengths.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(sorted.allSatisfy { $0.labelCount <= 300 })
  }

  @Test("Two hundred thousand pairs are prepared and scheduled, each once and unharmed")
  func largeCorpus() throws {
    let directory = try TemporaryDirectory()
    let count = 200_000
    let corpus = try BatchScheduleTests.corpus(count, in: directory)
    let schedule = BatchScheduleTests.schedule(
      corpus, directory, size: .targetTokens(4096), windowSize: 16_384)
    var isSeen = [Bool](repeating: false, count: count)
    for batch in try schedule.batches(inEpoch: 0) {
      for pair in batch.pairs {
        #expect(!isSeen[pair])
        isSeen[pair] = true
        #expect(corpus.sourceTokens(at: pair).dropLast().allSatisfy { $0 == 0x61 + 4 })
        #expect(corpus.targetTokens(at: pair).allSatisfy { $0 == 0x62 + 4 })
      }
    }
    #expect(isSeen.allSatisfy { $0 })
  }
}
