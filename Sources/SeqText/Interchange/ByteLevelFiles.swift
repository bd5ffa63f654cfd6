/// A byte-level BPE tokenizer as GPT-2, RoBERTa and BART first had it, in a `vocab.json` and a
/// `merges.txt`, brought into the form of a `tokenizer.json`.
struct ByteLevelFiles {
  var vocabulary: [UInt8]
  var merges: [UInt8]
  /// The paths that errors name.
  var vocabularyFile: String?
  var mergesFile: String?
  /// A space is put before text that begins with none.
  var addsPrefixSpace = false
  /// The names of beginning and end, of which the vocabulary may lack one: then nothing stands
  /// around a text.
  var beginning = Array("<s>".utf8)
  var end = Array("</s>".utf8)
  /// Stands for text left out; takes the spaces before it along.
  var mask = Array("<mask>".utf8)
  /// The names of further tokens that stand for no text.
  var special = ["<pad>", "<unk>"].map { Array($0.utf8) }

  /// The contents of the `tokenizer.json` that says the same.
  ///
  /// - Throws: ``TextError`` when one of the files is damaged.
  func json() throws(TextError) -> [UInt8] {
    let (trie, _) = try SubwordModel.vocabulary(try JSONNode(vocabulary, file: vocabularyFile))
    func id(_ name: [UInt8]) -> Int32? {
      let id = trie.id(of: name)
      return id == PieceTrie.none ? nil : id
    }
    var added: [AddedToken] = []
    for name in [beginning, end] + special + [mask] {
      guard let id = id(name), !added.contains(where: { $0.id == id }) else { continue }
      added.append(
        AddedToken(id: id, content: name, isSpecial: true, stripsLeft: name == mask))
    }
    var json = Array(#"{"version":"1.0","added_tokens":"#.utf8)
    json += AddedToken.json(added.sorted { $0.id < $1.id })
    let flags = #""add_prefix_space":\#(addsPrefixSpace),"trim_offsets":true"#
    json += Array(#","normalizer":null,"pre_tokenizer":{"type":"ByteLevel",\#(flags)}"#.utf8)
    if let begin = id(beginning), let end = id(end) {
      json += Array(#","post_processor":{"type":"RobertaProcessing","sep":["#.utf8)
      json += JSONText.quoted(self.end) + Array(#",\#(end)],"cls":["#.utf8)
      json += JSONText.quoted(beginning) + Array(#",\#(begin)],\#(flags)}"#.utf8)
    }
    json += Array(#","decoder":{"type":"ByteLevel",\#(flags)},"model":{"type":"BPE","vocab":"#.utf8)
    json += vocabulary
    json += Array(#","merges":["#.utf8)
    try appendMerges(trie, to: &json)
    return json + Array("]}}".utf8)
  }

  private func appendMerges(_ trie: PieceTrie, to json: inout [UInt8]) throws(TextError) {
    if let offset = merges.withUnsafeBufferPointer({ $0.invalidUTF8Offset }) {
      throw TextError(.badData, file: mergesFile, found: "not UTF-8 at byte \(offset + 1)")
    }
    var list = MergeList(trie: trie)
    var isFirst = true
    let lines = merges.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.starts(with: "#version".utf8) || (line.isEmpty && number + 1 == lines.count) {
        continue
      }
      func problem(_ found: String) -> TextError {
        TextError(
          .badData, file: mergesFile, line: number + 1, found: found,
          expected: "two pieces of the vocabulary with a space between them")
      }
      let pair = line.split(separator: 0x20, omittingEmptySubsequences: false).map(Array.init)
      guard pair.count == 2 else { throw problem("\(pair.count) pieces") }
      if let missing = list.add(pair[0], pair[1]) {
        throw problem("'\(String(decoding: missing, as: UTF8.self))' is not in the vocabulary")
      }
      json += (isFirst ? [] : [UInt8(ascii: ",")]) + JSONText.quoted(line)
      isFirst = false
    }
  }
}
