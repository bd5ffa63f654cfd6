extension PreTokenizer {
  /// A step as `tokenizer.json` has it.
  init(_ node: JSONNode) throws(TextError) {
    let type = try node.required("type")
    switch try type.string() {
    case "Sequence":
      var steps: [PreTokenizer] = []
      for step in try node.required("pretokenizers").elements() {
        steps.append(try PreTokenizer(step))
      }
      self = .sequence(steps)
    case "Metaspace":
      self = .metaspace(
        replacement: try node.required("replacement").scalar(),
        prepends: try PrependScheme(metaspace: node), splits: try node.flag("split", or: true))
    case "ByteLevel":
      self = .byteLevel(
        addsPrefixSpace: try node.required("add_prefix_space").boolean(),
        cutsWords: try node.flag("use_regex", or: true))
    case "WhitespaceSplit": self = .whitespaceSplit
    case "Whitespace": self = .whitespace
    case "Punctuation":
      self = .punctuation(try node.optional("behavior").map(SplitBehavior.init) ?? .isolated)
    case "Digits":
      self = .digits(individual: try node.required("individual_digits").boolean())
    case "Split":
      self = .split(
        try TextPattern(try node.required("pattern")),
        try SplitBehavior(try node.required("behavior")),
        inverted: try node.required("invert").boolean())
    default:
      throw type.problem(
        "the pre-tokenizer \(type.value.description) is not supported",
        expected: "Sequence, Metaspace, ByteLevel, WhitespaceSplit, Whitespace, Punctuation, "
          + "Digits or Split")
    }
  }
}

extension PreTokenizer.PrependScheme {
  /// The scheme of a `Metaspace`: `prepend_scheme`, or the older `add_prefix_space`.
  init(metaspace node: JSONNode) throws(TextError) {
    let scheme = try node.optional("prepend_scheme")
    let addsPrefix = try node.optional("add_prefix_space")?.boolean()
    guard let scheme else {
      self = addsPrefix == false ? .never : .always
      return
    }
    guard let known = Self(rawValue: try scheme.string()) else {
      throw scheme.problem(
        "\(scheme.value.description)", expected: "'always', 'first' or 'never'")
    }
    if addsPrefix == false, known != .never {
      throw node.problem(
        "add_prefix_space is false, but prepend_scheme \(scheme.value.description)")
    }
    self = known
  }
}
