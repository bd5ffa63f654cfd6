extension SubwordModel {
  /// Reads a `model` and its pieces by id.
  static func read(_ node: JSONNode) throws(TextError) -> (SubwordModel, pieces: [[UInt8]]) {
    let type = try node.optional("type")
    switch try type?.string() {
    case "BPE": return try merges(node)
    case "Unigram": return try unigram(node)
    case nil:
      // Files of before 2021 do not name the type.
      return try node.optional("merges") != nil ? merges(node) : unigram(node)
    default:
      throw (type ?? node).problem(
        "the model \(type?.value.description ?? "") is not supported", expected: "BPE or Unigram")
    }
  }

  private static func unigram(_ node: JSONNode) throws(TextError) -> (SubwordModel, [[UInt8]]) {
    let vocabulary = try node.required("vocab")
    var pieces: [[UInt8]] = []
    var scores: [Double] = []
    for (id, value) in try vocabulary.values().enumerated() {
      guard case .array(let pair) = value, pair.count == 2, case .text(let piece) = pair[0] else {
        throw vocabulary.element(id, value).problem(
          value.description, expected: "a piece and its score")
      }
      switch pair[1] {
      case .number(let score): scores.append(score)
      case .integer(let score): scores.append(Double(score))
      default: throw vocabulary.element(id, value).problem("no score for a piece")
      }
      pieces.append(piece)
    }
    guard !pieces.isEmpty else { throw vocabulary.problem("no pieces") }
    guard let unknown = try node.optional("unk_id") else {
      throw node.problem(
        "no unk_id", expected: "the id for characters outside the vocabulary")
    }
    // Of equal pieces the last counts.
    let trie = PieceTrie(
      pieces.enumerated().reversed().filter { !$1.isEmpty }.map { ($1, Int32($0)) })
    let hasByteFallback = try node.flag("byte_fallback", or: false)
    let model = UnigramModel(
      trie: trie, scores: scores, unknown: Int32(try unknown.integer(in: 0...(pieces.count - 1))),
      byteIDs: hasByteFallback ? byteIDs(in: trie) : nil)
    return (.unigram(model), pieces)
  }

  private static func merges(_ node: JSONNode) throws(TextError) -> (SubwordModel, [[UInt8]]) {
    let (trie, pieces) = try vocabulary(try node.required("vocab"))
    let prefix = try node.optional("continuing_subword_prefix")?.text() ?? []
    let list = try node.required("merges")
    var merges = MergeList(trie: trie, continuingPrefix: prefix)
    for (rank, value) in try list.values().enumerated() {
      let (left, right): ([UInt8], [UInt8])
      switch value {
      case .text(let line):
        if line.starts(with: "#version".utf8) { continue }
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
          throw list.element(rank, value).problem(value.description, expected: "two pieces")
        }
        (left, right) = (Array(parts[0]), Array(parts[1]))
      case .array(let pair):
        guard pair.count == 2, case .text(let first) = pair[0], case .text(let second) = pair[1]
        else { throw list.element(rank, value).problem("not two pieces") }
        (left, right) = (first, second)
      default: throw list.element(rank, value).problem(value.description, expected: "two pieces")
      }
      if let missing = merges.add(left, right) {
        throw list.element(rank, value).problem(
          "'\(String(decoding: missing, as: UTF8.self))' is not in the vocabulary")
      }
    }
    var model = RankedMergeModel(trie: trie, merges: MergeTable(merges.merges))
    model.continuingPrefix = prefix
    model.endSuffix = try node.optional("end_of_word_suffix")?.text() ?? []
    model.fusesUnknown = try node.flag("fuse_unk", or: false)
    model.ignoresMerges = try node.flag("ignore_merges", or: false)
    if try node.flag("byte_fallback", or: false) { model.byteIDs = byteIDs(in: trie) }
    if let name = try node.optional("unk_token") {
      let id = trie.id(of: try name.text())
      guard id != PieceTrie.none else {
        throw name.problem("\(name.value.description) is not in the vocabulary")
      }
      model.unknown = id
    }
    return (.merges(model), pieces)
  }

  /// The pieces and ids of an object like `{"a": 0, "b": 1}`, every piece and every id once.
  static func vocabulary(_ node: JSONNode) throws(TextError) -> (PieceTrie, [[UInt8]]) {
    let members = try node.members()
    guard !members.isEmpty else { throw node.problem("no pieces") }
    let limit = members.count + TokenizerPipeline.maximumGap
    var entries: [(bytes: [UInt8], id: Int32)] = []
    entries.reserveCapacity(members.count)
    for member in members {
      guard case .integer(let id) = member.value, id >= 0, id < limit else {
        throw node.member(member).problem(
          member.value.description, expected: "an id from 0 to about \(members.count - 1)")
      }
      entries.append((member.key, Int32(id)))
    }
    let trie = PieceTrie(entries)
    var pieces = [[UInt8]](repeating: [], count: 1 + Int(entries.map(\.id).max() ?? 0))
    var isTaken = [Bool](repeating: false, count: pieces.count)
    for (piece, id) in entries {
      func problem(_ what: String) -> TextError {
        node.problem("\(what) '\(String(decoding: piece, as: UTF8.self))'")
      }
      if trie.id(of: piece) != id { throw problem("twice the piece") }
      if isTaken[Int(id)] { throw problem("id \(id) is that of another piece and of") }
      isTaken[Int(id)] = true
      pieces[Int(id)] = piece
    }
    return (trie, pieces)
  }
}
