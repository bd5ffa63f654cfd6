import SeqText
import Testing

/// Text that comes token by token is the text of all tokens.
@Suite struct TargetTextStreamTests {
  @Test(arguments: RoundTripTests.configurations)
  func additionsMakeTheText(configuration: TokenizerConfiguration) throws {
    let texts = RoundTripTests.difficult.filter { !$0.contains(0) } + SyntheticText.sentences(200)
    let codec = try TextCodec.train(
      configuration: configuration, sources: texts,
      targets: configuration.type == .character || configuration.type == .whitespace ? texts : [])
    for text in texts {
      let ids = codec.encodeTarget(text)
      for stride in [1, 2, 5] {
        var stream = TargetTextStream(codec)
        var written: [String] = []
        var count = 0
        while count < ids.count {
          count = min(count + stride, ids.count)
          written.append(stream.addition(for: Array(ids.prefix(count))))
        }
        // Whole scalars at a time, and nothing is left where the last token is no half of one.
        #expect(written.allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") })
        written.append(stream.rest(of: ids))
        #expect(written.joined() == codec.decodeTarget(ids))
        #expect(written.last == "")
      }
    }
  }

  @Test func halfAScalarWaits() throws {
    let codec = try TextCodec.train(
      configuration: RoundTripTests.configuration(.byte), sources: [Array("a".utf8)], targets: [])
    let ids = codec.encodeTarget(Array("é한🙂".utf8))
    #expect(ids.count == 9)
    var stream = TargetTextStream(codec)
    let additions = (1...9).map { stream.addition(for: Array(ids.prefix($0))) }
    #expect(additions == ["", "é", "", "", "한", "", "", "", "🙂"])
    // A target that ends in the middle of one.
    var cut = TargetTextStream(codec)
    #expect(cut.addition(for: Array(ids.prefix(4))) == "é")
    #expect(cut.rest(of: Array(ids.prefix(4))).unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
  }
}
