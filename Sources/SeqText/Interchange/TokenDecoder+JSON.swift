extension TokenDecoder {
  /// A step as `tokenizer.json` has it.
  init(_ node: JSONNode) throws(TextError) {
    let type = try node.required("type")
    switch try type.string() {
    case "Sequence":
      var steps: [TokenDecoder] = []
      for step in try node.required("decoders").elements() { steps.append(try TokenDecoder(step)) }
      self = .sequence(steps)
    case "Metaspace":
      self = .metaspace(
        replacement: try node.required("replacement").scalar(),
        dropsFirst: try PreTokenizer.PrependScheme(metaspace: node) != .never)
    case "ByteLevel": self = .byteLevel
    case "ByteFallback": self = .byteFallback
    case "Fuse": self = .fuse
    case "Strip":
      self = .strip(
        content: try node.required("content").scalar(),
        start: try node.required("start").integer(in: 0...Int(Int32.max)),
        stop: try node.required("stop").integer(in: 0...Int(Int32.max)))
    case "Replace":
      self = .replace(
        try TextPattern(try node.required("pattern")), by: try node.required("content").text())
    case "BPEDecoder": self = .endOfWord(try node.required("suffix").text())
    default:
      throw type.problem(
        "the decoder \(type.value.description) is not supported",
        expected: "Sequence, Metaspace, ByteLevel, ByteFallback, Fuse, Strip, Replace or "
          + "BPEDecoder")
    }
  }
}
