import SeqFigures
import SeqInspection
import SeqModels
import SeqTensors
import SeqText
import Testing

/// Pictures of a small model and of a batch.
@Suite struct InspectionTests {
  static let codec: TextCodec = {
    let words = ["Je", "suis", "étudiant", "학생", "I", "am", "a", "student", " "]
    let tokenizer = WhitespaceTokenizer(
      vocabulary: Vocabulary(
        pieces: (["<pad>", "<s>", "</s>", "<unk>"] + words).map { Array($0.utf8) } + [[0xE9]]))
    return TextCodec(
      configuration: TokenizerConfiguration(type: .whitespace), source: tokenizer,
      target: tokenizer)
  }()

  static let directory = ModelDirectory(
    model: Transformer(
      TransformerConfiguration(
        encoderLayerCount: 1, decoderLayerCount: 3, embeddingSize: 16, feedForwardSize: 32,
        headCount: 2),
      vocabularies: VocabularySizes(source: 14, target: 14), seed: 1),
    codec: codec)

  static func attention() -> SentenceAttention {
    SentenceAttention(
      directory, source: codec.encodeSource(Array("Je suis étudiant".utf8)),
      target: codec.encodeTarget(Array("I am a student".utf8)))
  }

  @Test func labelsAndShapes() {
    let attention = Self.attention()
    #expect(attention.sourceTokens == ["Je", "suis", "étudiant", "</s>"])
    #expect(attention.inputTokens == ["<s>", "I", "am", "a", "student"])
    #expect(attention.outputTokens == ["I", "am", "a", "student", "</s>"])
    #expect(attention.layerCount(.cross) == 3 && attention.layerCount(.encoder) == 1)
    #expect(attention.defaultLayer(.cross) == 1 && attention.defaultLayer(.encoder) == 0)
    let map = attention.figure(.cross)
    #expect(map.rowLabels == attention.outputTokens)
    #expect(map.columnLabels == attention.sourceTokens)
    #expect(map.title == "cross-attention, layer 2 of 3, mean of 2 heads")
    let mean = attention.rows(.cross, layer: 1)
    let heads = (0..<2).map { attention.rows(.cross, layer: 1, head: $0) }
    for row in 0..<5 {
      for column in 0..<4 {
        let expected = (heads[0][row][column] + heads[1][row][column]) / 2
        #expect(abs(mean[row][column] - expected) < 1e-6)
      }
      #expect(abs(mean[row].reduce(0, +) - 1) < 1e-5)
    }
    // Nobody looks at the future.
    let decoder = attention.figure(.decoder, layer: 0, head: 1)
    #expect(decoder.title == "decoder self-attention, layer 1 of 3, head 2 of 2")
    for (row, values) in decoder.values.enumerated() {
      #expect(values.map(\.isNaN) == (0..<5).map { $0 > row })
    }
  }

  /// What the decoder attends to has names, whether it is tokens or not; links are to tokens alone.
  @Test func labelsOfLatentsAndGroups() throws {
    func attention(
      _ change: (inout TransformerConfiguration) -> Void
    ) -> (SentenceAttention, ModelDirectory) {
      var configuration = TransformerConfiguration(
        encoderLayerCount: 2, decoderLayerCount: 1, embeddingSize: 16, feedForwardSize: 32,
        headCount: 2)
      change(&configuration)
      let model = Transformer(configuration, vocabularies: .init(source: 14, target: 14), seed: 1)
      let directory = ModelDirectory(model: model, codec: Self.codec)
      return (
        SentenceAttention(
          directory, source: Self.codec.encodeSource(Array("Je suis étudiant suis".utf8)),
          target: Self.codec.encodeTarget(Array("a student".utf8))), directory
      )
    }
    let source = ["Je", "suis", "étudiant", "suis", "</s>"]
    let (groups, grouped) = attention { $0.memoryCompression = 2 }
    #expect(groups.labels(.cross).columns == ["Je…suis", "étudiant…suis", "</s>"])
    #expect(groups.labels(.encoder) == (source, source))
    let (latents, bottleneck) = attention { ($0.latentCount, $0.latentReadEvery) = (3, 2) }
    let names = ["latent 1", "latent 2", "latent 3"]
    #expect(latents.labels(.cross).columns == names)
    #expect(latents.labels(.encoder) == (names, names))
    #expect(latents.labels(.reading) == (names, source))
    #expect(latents.layerCount(.reading) == 1 && groups.layerCount(.reading) == 0)
    #expect(latents.figure(.reading).title.hasPrefix("reading of the source by latents, layer 1"))
    for found in [groups, latents] {
      #expect(found.alignment() == [])
      for kind in SentenceAttention.Kind.allCases where found.layerCount(kind) > 0 {
        let (rows, columns) = found.labels(kind)
        let values = found.rows(kind, layer: 0)
        #expect(values.count == rows.count && values.allSatisfy { $0.count == columns.count })
      }
    }
    for (directory, hint) in [(grouped, "groups of 2"), (bottleneck, "latents")] {
      let pool = ComputePool(workerCount: 1, store: directory.model.store)
      let error = #expect(throws: AlignmentError.self) { try Aligner(directory, pool: pool) }
      #expect(error?.description.contains(hint) == true)
    }
  }

  @Test func alignmentIsTheLargestWeight() {
    let attention = Self.attention()
    let rows = attention.rows(.cross, layer: 1)
    let found = attention.alignment()
    #expect(found.map(\.target) == [0, 1, 2, 3])
    for pair in found {
      let weights = rows[pair.target].prefix(3)
      #expect(weights[pair.source] == weights.max())
    }
    #expect("\(found[1])" == "\(found[1].source)-1")
  }

  /// Many pairs at once, by several workers, are aligned as each alone.
  @Test func alignerGivesThePairsOwnAlignments() throws {
    let sources = ["Je suis étudiant", "학생", "", "suis Je", "étudiant étudiant suis Je"]
    let pairs = (0..<300).map { index in
      TokenBatch.Pair(
        source: Self.codec.encodeSource(Array(sources[index % 5].utf8)),
        target: Self.codec.encodeTarget(Array((index % 2 == 0 ? "I am a student" : "a").utf8)))
    }
    let pool = ComputePool(workerCount: 2, store: Self.directory.model.store)
    let aligner = try Aligner(Self.directory, pool: pool)
    let found = try aligner(pairs)
    for (pair, links) in zip(pairs, found) {
      let alone = SentenceAttention(Self.directory, source: pair.source, target: pair.target)
      #expect(links == alone.alignment())
      // Nothing to link with where the source is EOS alone.
      #expect(links.count == (pair.source.count == 1 ? 0 : pair.target.count))
    }
  }

  @Test func masksOfABatch() throws {
    let masks = BatchMasks(
      [
        TokenBatch.Pair(
          source: Self.codec.encodeSource(Array("Je suis étudiant".utf8)),
          target: Self.codec.encodeTarget(Array("I am a student".utf8))),
        TokenBatch.Pair(
          source: Self.codec.encodeSource(Array("학생".utf8)),
          target: Self.codec.encodeTarget(Array("student".utf8))),
      ], codec: Self.codec)
    #expect(
      masks.padding[0].terminal(width: 80) == """
        source padding mask [2, 4]
        0 Je   suis étudiant </s> 
        1 학생 </s> ░░░░░░░░ ░░░░░
        ░░ masked out

        """)
    let memory = try #require(masks.memory(pair: 1))
    #expect(
      memory.values.map { $0.map(\.isNaN) }
        == Array(repeating: [false, false, true, true], count: 5))
    #expect(
      masks.decoder(pair: 1).values.map { $0.map(\.isNaN) }
        == (0..<5).map { row in (0..<5).map { $0 > row || $0 >= 2 } })
    #expect(
      masks.causal(pair: 1).values.map { $0.map(\.isNaN) }
        == (0..<5).map { row in (0..<5).map { $0 > row } })
    #expect(masks.causal(pair: 1).rowLabels == ["<s>", "student", "<pad>", "<pad>", "<pad>"])
    #expect(
      masks.tensors.map(\.shape) == [[2, 4], [2, 5], [5, 5], [2, 5, 5], [2, 5, 4]])
    #expect(masks.tensors[0].values.filter { $0 }.count == 2)
  }

  /// The memory mask has a column for each row that the decoder attends to; latents have no mask.
  @Test func masksOfGroupsAndLatents() throws {
    let pairs: [TokenBatch.Pair] = [
      .init(source: [4, 5, 6, 5, 2], target: [10, 11]), .init(source: [7, 2], target: [9]),
    ]
    let groups = BatchMasks(pairs, codec: Self.codec, memoryRows: .groups(2))
    let drawn = try #require(groups.memory(pair: 0))
    #expect(drawn.columnLabels == ["Je…suis", "étudiant…suis", "</s>"])
    #expect(drawn.rowLabels == ["<s>", "a", "student"])
    #expect(drawn.title.hasSuffix("[3, 3]"))
    let short = try #require(groups.memory(pair: 1))
    #expect(short.columnLabels == ["학생…</s>", "<pad>", "<pad>"])
    #expect(
      short.values.map { $0.map(\.isNaN) } == Array(repeating: [false, true, true], count: 3))
    let values = try #require(groups.tensors.last)
    #expect(values.name == "memory" && values.shape == [2, 3, 3])
    #expect(values.values.count { $0 } == 6)

    let latents = BatchMasks(pairs, codec: Self.codec, memoryRows: .latents)
    #expect(latents.memory(pair: 0) == nil)
    #expect(latents.tensors.map(\.name).last == "decoder")
  }

  /// Where paragraphs are read alone, self-attention of the encoder stays within them, and its window
  /// counts from their beginning.
  @Test func masksOfParagraphs() throws {
    let pairs: [TokenBatch.Pair] = [
      .init(source: [4, 2, 5, 6, 7, 2], target: [9]), .init(source: [7, 2], target: [9]),
    ]
    let masks = BatchMasks(pairs, codec: Self.codec, readsParagraphs: true)
    #expect(masks.window(pair: 0) == nil)
    let owners = [0, 0, 1, 1, 1, 1]
    let drawn = try #require(masks.paragraphs(pair: 0))
    #expect(
      drawn.values.map { $0.map(\.isNaN) }
        == owners.map { query in owners.map { $0 != query } })
    #expect(drawn.title.hasPrefix("paragraphs and source padding, encoder self-attention"))
    let short = try #require(masks.paragraphs(pair: 1))
    #expect(short.values[0].map(\.isNaN) == [false, false, true, true, true, true])
    #expect(masks.tensors.map(\.name).contains("paragraphs"))
    let narrow = BatchMasks(
      pairs, codec: Self.codec, window: AttentionWindow(before: 1, after: 1, globalCount: 1),
      readsParagraphs: true)
    let window = try #require(narrow.paragraphs(pair: 0))
    // The first token of the second paragraph sees all of it; its last the first and its neighbour.
    #expect(window.values[2].map(\.isNaN) == [true, true, false, false, false, false])
    #expect(window.values[5].map(\.isNaN) == [true, true, false, true, false, false])
    #expect(BatchMasks(pairs, codec: Self.codec).paragraphs(pair: 0) == nil)
  }

  @Test func sizesOfABatch() {
    let summary = BatchSummary(
      epoch: 2, batch: 3,
      pairs: [
        TokenBatch.Pair(source: [4, 5, 6, 2], target: [8]),
        TokenBatch.Pair(source: [4, 2], target: [8, 9, 10]),
      ])
    #expect(summary.sourceTokens == 6 && summary.paddedSourceTokens == 8)
    #expect(summary.targetTokens == 6 && summary.paddedTargetTokens == 8)
    let bars = BatchSummary.figures([summary])[0].bars[0]
    #expect(bars.label == "epoch 2 batch 3")
    #expect(bars.amounts == [6, 2])
    #expect(bars.note == "2 pairs, 6 tokens, 75.0 % filled")
  }

  @Test func everyIdHasANameThatCanBeSeen() {
    let pair = TokenBatch.Pair(source: [12, 13, 3, 99], target: [])
    let tokens = BatchSummary.tokens(of: pair, codec: Self.codec)
    #expect(tokens.source == ["␣", "<e9>", "<unk>", "#99"])
    #expect(tokens.target == ["</s>"])
  }
}
