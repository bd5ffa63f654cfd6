/// A tokenizer that a model directory holds as files of its own.
protocol StoredTokenizer: Tokenizer {
  /// The ends of the files' names, behind `shared`, `source` or `target` and a dot, and their bytes.
  var storedFiles: [(suffix: String, contents: [UInt8])] { get }
}
