extension TokenFrame {
  /// The most tokens that a template puts around a text; models want one to three.
  private static let maximumCount = 1000

  /// What a `post_processor` puts around a single text; `count` ids are in the vocabulary.
  init(_ node: JSONNode, count: Int) throws(TextError) {
    let type = try node.required("type")
    switch try type.string() {
    case "ByteLevel":
      // It says where tokens were found in the text, and adds none.
      self.init()
    case "Sequence":
      self.init()
      for processor in try node.required("processors").elements() {
        let outer = try TokenFrame(processor, count: count)
        before = outer.before + before
        after += outer.after
      }
    case "BertProcessing", "RobertaProcessing":
      self.init(
        before: [try TokenFrame.id(pair: try node.required("cls"), count: count)],
        after: [try TokenFrame.id(pair: try node.required("sep"), count: count)])
    case "TemplateProcessing": self = try TokenFrame.template(node, count: count)
    default:
      throw type.problem(
        "the post-processor \(type.value.description) is not supported",
        expected: "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel")
    }
  }

  /// The id of `["</s>", 2]`.
  private static func id(pair: JSONNode, count: Int) throws(TextError) -> Int32 {
    let elements = try pair.elements()
    guard elements.count == 2 else { throw pair.problem("not a token and its id") }
    return Int32(try elements[1].integer(in: 0...(count - 1)))
  }

  private static func template(_ node: JSONNode, count: Int) throws(TextError) -> TokenFrame {
    var frame = TokenFrame()
    var textCount = 0
    let single = try node.required("single")
    for piece in try single.elements() {
      if let sequence = try piece.optional("Sequence") {
        guard try sequence.required("id").string() == "A" else {
          throw sequence.problem("a second text in the template of a single one")
        }
        textCount += 1
      } else {
        let name = try piece.required("SpecialToken").required("id")
        let tokens = try node.required("special_tokens")
        guard
          let token = try tokens.members().last(where: { $0.key == (try? name.text()) })
        else { throw name.problem("\(name.value.description) is not in special_tokens") }
        for id in try tokens.member(token).required("ids").elements() {
          let id = Int32(try id.integer(in: 0...(count - 1)))
          if textCount == 0 { frame.before.append(id) } else { frame.after.append(id) }
          guard frame.before.count + frame.after.count <= maximumCount else {
            throw single.problem("more than \(maximumCount) tokens around a text")
          }
        }
      }
    }
    guard textCount == 1 else {
      throw single.problem("the text is there \(textCount) times", expected: "once")
    }
    return frame
  }
}
