import Foundation

extension TextNormalizer {
  /// A step as `tokenizer.json` has it.
  init(_ node: JSONNode) throws(TextError) {
    let type = try node.required("type")
    switch try type.string() {
    case "Sequence":
      var steps: [TextNormalizer] = []
      for step in try node.required("normalizers").elements() {
        steps.append(try TextNormalizer(step))
      }
      self = .sequence(steps)
    case "NFC": self = .form(.nfc)
    case "NFD": self = .form(.nfd)
    case "NFKC": self = .form(.nfkc)
    case "NFKD": self = .form(.nfkd)
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(
        left: try node.required("strip_left").boolean(),
        right: try node.required("strip_right").boolean())
    case "StripAccents": self = .stripAccents
    case "Replace":
      self = .replace(
        try TextPattern(try node.required("pattern")), by: try node.required("content").text())
    case "Prepend": self = .prepend(try node.required("prepend").text())
    case "Precompiled": self = .characterMap(try TextNormalizer.characterMap(node))
    case "Nmt": self = .nmt
    case "ByteLevel": self = .byteLevel
    default:
      throw type.problem(
        "the normalizer \(type.value.description) is not supported",
        expected: "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, "
          + "Prepend, Precompiled, Nmt or ByteLevel")
    }
  }

  private static func characterMap(_ node: JSONNode) throws(TextError) -> CharacterMap {
    let table = try node.required("precompiled_charsmap")
    guard let bytes = Data(base64Encoded: Data(try table.text())),
      let map = CharacterMap(Array(bytes))
    else {
      throw table.problem(
        "the table of characters leads nowhere", expected: "SentencePiece's table in base 64",
        hint: "The file is damaged: copy it anew from where the model came from.")
    }
    return map
  }
}
