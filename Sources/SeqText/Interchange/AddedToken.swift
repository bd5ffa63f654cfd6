/// A token that is found in text as a whole, before anything is segmented.
struct AddedToken: Sendable {
  var id: Int32
  var content: [UInt8]
  /// Found only where no letter or digit stands beside it.
  var isSingleWord = false
  /// Takes the spaces before it along.
  var stripsLeft = false
  /// Takes the spaces behind it along.
  var stripsRight = false
  /// Found in the text after normalisation, by its own normalised spelling.
  var isNormalized = false
  /// Stands for no text.
  var isSpecial = false

  /// A token that text may spell as it stands.
  init(id: Int32, content: [UInt8], isSpecial: Bool, stripsLeft: Bool = false) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.stripsLeft = stripsLeft
  }

  /// A token as `added_tokens` lists it.
  init(_ node: JSONNode) throws(TextError) {
    let id = try node.required("id").integer(in: 0...Int(Int32.max))
    try self.init(node, id: Int32(id))
  }

  /// A token whose id stands elsewhere.
  init(_ node: JSONNode, id: Int32) throws(TextError) {
    self.id = id
    content = try node.required("content").text()
    isSingleWord = try node.flag("single_word", or: false)
    stripsLeft = try node.flag("lstrip", or: false)
    stripsRight = try node.flag("rstrip", or: false)
    isSpecial = try node.flag("special", or: false)
    isNormalized = try node.flag("normalized", or: !isSpecial)
    if content.isEmpty { throw node.problem("an added token without text") }
  }
}
