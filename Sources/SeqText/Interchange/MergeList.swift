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
