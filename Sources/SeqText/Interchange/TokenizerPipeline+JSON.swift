extension TokenizerPipeline {
  /// The most ids that a vocabulary may leave out, so that a damaged id does not ask for memory.
  static let maximumGap = 100_000

  /// Reads the contents of a `tokenizer.json`.
  ///
  /// Truncation and padding belong to batches here and are passed over.
  ///
  /// - Throws: ``TextError`` when the bytes are damaged or name a component that is not supported.
  init(json bytes: [UInt8], file: String?) throws(TextError) {
    let root = try JSONNode(bytes, file: file)
    if let version = try root.optional("version"), try version.string() != "1.0" {
      throw version.problem("version \(version.value.description)", expected: "version '1.0'")
    }
    var (model, pieces) = try SubwordModel.read(try root.required("model"))
    var added: [AddedToken] = []
    for node in try root.optional("added_tokens")?.elements() ?? [] {
      let token = try AddedToken(node)
      try TokenizerPipeline.place(token, node, in: &pieces, known: model.id(of: token.content))
      added.append(token)
    }
    self.init(
      pieces: pieces, addedTokens: added,
      normalizer: try root.optional("normalizer").map(TextNormalizer.init),
      preTokenizer: try root.optional("pre_tokenizer").map(PreTokenizer.init), model: model,
      decoder: try root.optional("decoder").map(TokenDecoder.init) ?? .spaced,
      frame: try root.optional("post_processor").map { node throws(TextError) in
        try TokenFrame(node, count: pieces.count)
      } ?? TokenFrame())
  }

  /// Gives an added token its place among the pieces; the model may have it already.
  static func place(
    _ token: AddedToken, _ node: JSONNode, in pieces: inout [[UInt8]], known: Int32?
  ) throws(TextError) {
    let id = Int(token.id)
    if let known, known != token.id {
      throw node.problem("id \(id), but the model's vocabulary has it as \(known)")
    }
    guard id < pieces.count + maximumGap else {
      throw node.problem("id \(id), far behind the \(pieces.count) of the vocabulary")
    }
    while pieces.count <= id { pieces.append([]) }
    guard pieces[id].isEmpty || pieces[id] == token.content else {
      let piece = String(decoding: pieces[id], as: UTF8.self)
      throw node.problem("id \(id) is that of '\(piece)' already")
    }
    pieces[id] = token.content
  }
}

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

/// Merges with the ids they have in a vocabulary.
struct MergeList {
  let trie: PieceTrie
  let continuingPrefix: [UInt8]
  private(set) var merges: [(left: Int32, right: Int32, result: Int32)] = []

  init(trie: PieceTrie, continuingPrefix: [UInt8] = []) {
    self.trie = trie
    self.continuingPrefix = continuingPrefix
  }

  /// Adds the next merge; gives the piece back that the vocabulary lacks, if it lacks one.
  mutating func add(_ left: [UInt8], _ right: [UInt8]) -> [UInt8]? {
    let result = left + right.dropFirst(continuingPrefix.count)
    for piece in [left, right, result] where trie.id(of: piece) == PieceTrie.none { return piece }
    merges.append((trie.id(of: left), trie.id(of: right), trie.id(of: result)))
    return nil
  }
}
