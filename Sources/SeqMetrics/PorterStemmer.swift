/// Porter's algorithm for English word stems, with the extensions that NLTK makes by default.
///
/// Words are lower-case letters and digits in ASCII; digits are consonants. It is what rouge-score
/// stems with.
///
/// - SeeAlso: Porter 1980, doi:10.1108/eb046814; NLTK 3, `nltk.stem.porter`, for the extensions:
///   irregular words, `ies` and `ied` of short words, `y` after a consonant, `alli`, `fulli`, `logi`.
package enum PorterStemmer {
  /// The stem of a word, never empty.
  package static func stem(_ word: [UInt8]) -> [UInt8] {
    if let irregular = irregular[word] { return irregular }
    if word.count <= 2 { return word }
    var stem = Stem(word)
    stem.removePlural()
    stem.removePast()
    stem.replaceFinalY()
    stem.shortenDoubleSuffix()
    stem.apply(suffixes3) { $0 > 0 }
    stem.removeSuffix()
    stem.removeFinalE()
    stem.shortenFinalL()
    return stem.bytes
  }

  /// Whether the byte is `a`–`z` or `0`–`9`.
  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }

  private static let irregular: [[UInt8]: [UInt8]] = {
    let words = [
      ("sky", "sky"), ("skies", "sky"), ("dying", "die"), ("lying", "lie"), ("tying", "tie"),
      ("news", "news"), ("innings", "inning"), ("inning", "inning"), ("outings", "outing"),
      ("outing", "outing"), ("cannings", "canning"), ("canning", "canning"), ("howe", "howe"),
      ("proceed", "proceed"), ("exceed", "exceed"), ("succeed", "succeed"),
    ]
    return Dictionary(uniqueKeysWithValues: words.map { (Array($0.0.utf8), Array($0.1.utf8)) })
  }()
}

private typealias Rule = (suffix: [UInt8], replacement: [UInt8])

private func rules(_ pairs: KeyValuePairs<String, String>) -> [Rule] {
  pairs.map { (Array($0.key.utf8), Array($0.value.utf8)) }
}

/// The suffixes of each step in the order in which they are tried: the first that fits decides.
private let plurals = rules(["sses": "ss", "ies": "i", "ss": "ss", "s": ""])
private let suffixes2 = rules([
  "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble",
  "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate",
  "ator": "ate", "alism": "al", "iveness": "ive", "fulness": "ful", "ousness": "ous",
  "aliti": "al", "iviti": "ive", "biliti": "ble", "fulli": "ful",
])
private let suffixes3 = rules([
  "icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": "",
])
private let suffixes4 = rules([
  "al": "", "ance": "", "ence": "", "er": "", "ic": "", "able": "", "ible": "", "ant": "",
  "ement": "", "ment": "", "ent": "", "ion": "", "ou": "", "ism": "", "ate": "", "iti": "",
  "ous": "", "ive": "", "ize": "",
])

/// A word on its way through the steps.
private struct Stem {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  // MARK: What rules ask

  func ends(with suffix: [UInt8]) -> Bool { bytes.suffix(suffix.count).elementsEqual(suffix) }

  func ends(with suffix: String) -> Bool { ends(with: Array(suffix.utf8)) }

  /// Consonants are letters but a, e, i, o, u, and y unless a consonant stands before it.
  static func consonants(_ bytes: ArraySlice<UInt8>) -> [Bool] {
    var flags: [Bool] = []
    flags.reserveCapacity(bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
        UInt8(ascii: "u"):
        flags.append(false)
      case UInt8(ascii: "y"): flags.append(!(flags.last ?? false))
      default: flags.append(true)
      }
    }
    return flags
  }

  /// Porter's m: how often a vowel is followed by a consonant.
  static func measure(_ bytes: ArraySlice<UInt8>) -> Int {
    let flags = consonants(bytes)
    return zip(flags, flags.dropFirst()).count { !$0 && $1 }
  }

  /// Porter's *o: consonant, vowel, consonant but w, x and y; or a vowel and a consonant alone.
  static func endsShort(_ bytes: ArraySlice<UInt8>) -> Bool {
    let flags = consonants(bytes).suffix(3)
    if bytes.count == 2 { return flags.elementsEqual([false, true]) }
    guard let last = bytes.last, flags.elementsEqual([true, false, true]) else { return false }
    return last != UInt8(ascii: "w") && last != UInt8(ascii: "x") && last != UInt8(ascii: "y")
  }

  // MARK: Steps

  /// Replaces the first suffix that fits, if the measure of what stands before allows it.
  mutating func apply(_ rules: [Rule], where isAllowed: (Int) -> Bool) {
    guard let rule = rules.first(where: { ends(with: $0.suffix) }) else { return }
    let stem = bytes.dropLast(rule.suffix.count)
    if isAllowed(Self.measure(stem)) { bytes = stem + rule.replacement }
  }

  /// Step 1a: caresses, ponies, ties, cats.
  mutating func removePlural() {
    if bytes.count == 4, ends(with: "ies") {
      bytes.removeLast()
    } else {
      apply(plurals) { _ in true }
    }
  }

  /// Step 1b: agreed, plastered, motoring, died, spied.
  mutating func removePast() {
    if ends(with: "ied") { return bytes.removeLast(bytes.count == 4 ? 1 : 2) }
    if ends(with: "eed") {
      if Self.measure(bytes.dropLast(3)) > 0 { bytes.removeLast() }
      return
    }
    for suffix in ["ed", "ing"] where ends(with: suffix) {
      let stem = bytes.dropLast(suffix.utf8.count)
      guard Self.consonants(stem).contains(false) else { continue }
      bytes = Array(stem)
      return repairEnd()
    }
  }

  /// After step 1b: conflat(e), troubl(e), siz(e), hop(p), fil(e).
  private mutating func repairEnd() {
    let flags = Self.consonants(bytes[...])
    if ends(with: "at") || ends(with: "bl") || ends(with: "iz") {
      bytes.append(UInt8(ascii: "e"))
    } else if bytes.count >= 2, let last = bytes.last, last == bytes[bytes.count - 2],
      flags[bytes.count - 1]
    {
      if !"lsz".utf8.contains(last) { bytes.removeLast() }
    } else if Self.measure(bytes[...]) == 1, Self.endsShort(bytes[...]) {
      bytes.append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c: happy, but not enjoy.
  mutating func replaceFinalY() {
    guard bytes.last == UInt8(ascii: "y"), bytes.count > 2,
      Self.consonants(bytes.dropLast()).last == true
    else { return }
    bytes[bytes.count - 1] = UInt8(ascii: "i")
  }

  /// Step 2: relational, hopefulness.
  mutating func shortenDoubleSuffix() {
    while ends(with: "alli"), Self.measure(bytes.dropLast(4)) > 0 { bytes.removeLast(2) }
    if suffixes2.contains(where: { ends(with: $0.suffix) }) {
      apply(suffixes2) { $0 > 0 }
    } else if ends(with: "logi"), Self.measure(bytes.dropLast(3)) > 0 {
      bytes.removeLast()
    }
  }

  /// Step 4: revival, adoption.
  mutating func removeSuffix() {
    // The ion of -sion and -tion alone.
    if ends(with: "ion"), !ends(with: "sion"), !ends(with: "tion") { return }
    apply(suffixes4) { $0 > 1 }
  }

  /// Step 5a: probate, cease.
  mutating func removeFinalE() {
    guard bytes.last == UInt8(ascii: "e") else { return }
    let stem = bytes.dropLast()
    let measure = Self.measure(stem)
    if measure > 1 || (measure == 1 && !Self.endsShort(stem)) { bytes.removeLast() }
  }

  /// Step 5b: controll.
  mutating func shortenFinalL() {
    if ends(with: "ll"), Self.measure(bytes.dropLast()) > 1 { bytes.removeLast() }
  }
}
