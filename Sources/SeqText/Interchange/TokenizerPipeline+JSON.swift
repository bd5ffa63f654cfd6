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
    let nodes = try root.optional("added_tokens")?.elements() ?? []
    let limit = pieces.count + nodes.count + TokenizerPipeline.maximumGap
    for node in nodes {
      let token = try AddedToken(node)
      try TokenizerPipeline.place(
        token, node, in: &pieces, known: model.id(of: token.content), limit: limit)
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

  /// Gives an added token its place among the pieces, below a limit; the model may have it already.
  static func place(
    _ token: AddedToken, _ node: JSONNode, in pieces: inout [[UInt8]], known: Int32?, limit: Int
  ) throws(TextError) {
    let id = Int(token.id)
    if let known, known != token.id {
      throw node.problem("id \(id), but the model's vocabulary has it as \(known)")
    }
    guard id < limit else {
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
