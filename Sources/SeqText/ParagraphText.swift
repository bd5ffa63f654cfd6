/// A source text of several paragraphs: how they stand in it, and how they come out of it.
enum ParagraphText {
  /// What stands before, between and behind separators, empty or not.
  static func paragraphs(of text: [UInt8], separator: String) -> [[UInt8]] {
    let separator = Array(separator.utf8)
    var paragraphs: [[UInt8]] = []
    var (start, place) = (0, 0)
    while place + separator.count <= text.count, !separator.isEmpty {
      guard text[place] == separator[0], text[place...].starts(with: separator) else {
        place += 1
        continue
      }
      paragraphs.append(Array(text[start..<place]))
      place += separator.count
      start = place
    }
    return paragraphs + [Array(text[start...])]
  }

  /// Paragraphs with the separator between them.
  static func joined(_ paragraphs: [[UInt8]], separator: String) -> [UInt8] {
    Array(paragraphs.joined(separator: Array(separator.utf8)))
  }
}

extension [UInt8] {
  /// Whether it holds nothing but spaces and tabs.
  var isBlank: Bool { allSatisfy { $0 == 0x20 || $0 == 0x09 } }

  /// The same without the spaces and tabs at its ends.
  fileprivate var trimmed: [UInt8] {
    guard let first = firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
      let last = lastIndex(where: { $0 != 0x20 && $0 != 0x09 })
    else { return [] }
    return Array(self[first...last])
  }
}

extension TokenizerConfiguration {
  /// The paragraphs of a source text without the spaces around them, blank ones left out; without a
  /// separator the text is one, whatever it holds.
  func paragraphs(of text: [UInt8]) -> [[UInt8]] {
    guard let paragraphSeparator else { return [text] }
    return ParagraphText.paragraphs(of: text, separator: paragraphSeparator).map(\.trimmed)
      .filter { !$0.isEmpty }
  }
}

extension TextCodec {
  /// The paragraphs of a source text without the spaces around them, blank ones left out; a codec whose
  /// configuration has no separator takes the text as one, whatever it holds.
  public func paragraphs(of text: [UInt8]) -> [[UInt8]] { configuration.paragraphs(of: text) }

  /// Whether a source text holds nothing but spaces and tabs, and what divides paragraphs.
  package func isEmptySource(_ text: [UInt8]) -> Bool { paragraphs(of: text).allSatisfy(\.isBlank) }

  /// The ids of a source's paragraphs, each made by itself, with what ends one and begins the next
  /// between them; `encode` is told the number of the paragraph too.
  func joinedParagraphs(
    of text: [UInt8], encode: (_ paragraph: [UInt8], _ number: Int) -> [Int32]
  ) -> [Int32] {
    guard configuration.paragraphSeparator != nil else { return encode(text, 0) }
    var ids: [Int32] = []
    for (number, paragraph) in paragraphs(of: text).enumerated() {
      let own = encode(paragraph, number)
      // What normalisation leaves nothing of is no paragraph either.
      if own.isEmpty { continue }
      if !ids.isEmpty { ids += boundary }
      ids += own
    }
    return ids
  }

  /// The bare ids of a source in a segmentation drawn at random, another draw for every paragraph.
  func encodeBareSource(
    _ text: [UInt8], sampling: TokenizerConfiguration.Sampling, key: UInt64
  ) -> [Int32] {
    let keys = CountedDraws(key: key)
    return joinedParagraphs(of: text) { paragraph, number in
      source.encode(
        paragraph, sampling: sampling,
        key: configuration.paragraphSeparator == nil ? key : keys.derivedKey(UInt64(number)))
    }
  }

  /// The bare ids of a source and the text that each stands for, none for what stands between
  /// paragraphs; nil where the tokenizer does not say.
  func spelledSource(_ text: [UInt8]) -> (ids: [Int32], surfaces: [[UInt8]])? {
    guard source.surfaces(of: []) != nil else { return nil }
    var surfaces: [[UInt8]] = []
    let ids = joinedParagraphs(of: text) { paragraph, _ in
      let own = source.encode(paragraph)
      if !own.isEmpty {
        if !surfaces.isEmpty { surfaces += boundary.map { _ in [] } }
        surfaces += source.surfaces(of: paragraph) ?? []
      }
      return own
    }
    return (ids, surfaces)
  }

  /// The text that each token of a source stands for, those left out that stand for none; nil where the
  /// tokenizer does not say.
  package func sourceSurfaces(of text: [UInt8]) -> [[UInt8]]? {
    spelledSource(text).map { bare in
      textPlaces(of: bare.ids).map { bare.surfaces[$0] }
    }
  }

  /// For every token of a source that stands for text the number of the word it belongs to; words do
  /// not reach from one paragraph into the next.
  func sourceWords(of ids: [Int32]) -> [Int] {
    let places = textPlaces(of: ids)
    guard configuration.paragraphSeparator != nil else {
      return source.words(of: places.map { ids[$0] })
    }
    var words: [Int] = []
    var rest = places[...]
    while let first = rest.first {
      // Places of one paragraph are neighbours.
      let own = rest.enumerated().prefix { $0.element == first + $0.offset }.map(\.element)
      let before = words.last.map { $0 + 1 } ?? 0
      words += source.words(of: own.map { ids[$0] }).map { $0 + before }
      rest = rest.dropFirst(own.count)
    }
    return words
  }

  /// What stands between two paragraphs: the first ends as a source does, the next begins as one.
  private var boundary: [Int32] { sourceFrame.after + sourceFrame.before }

  /// The ids without the ends and beginnings of paragraphs behind the last text, where sources have
  /// paragraphs: one that was cut there would have an empty one.
  func endingInText(_ ids: [Int32]) -> [Int32] {
    guard configuration.paragraphSeparator != nil else { return ids }
    return Array(ids.prefix((textPlaces(of: ids).last ?? -1) + 1))
  }
}
