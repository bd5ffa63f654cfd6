import Foundation
import Testing

import SeqText

/// What damaged and hostile files of tokenizers may do: be refused by name.
@Suite struct InterchangeDamageTests {
  private static func problem(_ json: [UInt8]) -> TextError? {
    do throws(TextError) {
      let tokenizer = try HuggingFaceTokenizer(json: json, file: "tokenizer.json")
      for text in ["the river", "\u{2581}é <s>", ""] {
        _ = tokenizer.decode(tokenizer.encode(text))
      }
      return nil
    } catch {
      return error
    }
  }

  private static func problem(_ json: String) -> TextError? { problem(Array(json.utf8)) }

  /// A small tokenizer with parts put in place of its own.
  private static func tokenizer(
    model: String =
      #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"<unk>":3},"merges":["a b"]}"#,
    with parts: String = ""
  ) -> String {
    #"{"version":"1.0","model":\#(model)\#(parts.isEmpty ? "" : "," + parts)}"#
  }

  @Test(
    "a wrong byte or an early end gives an error or another tokenizer, never a crash",
    arguments: ["t5", "bart", "byte-fallback", "words"])
  func damage(name: String) throws {
    let json = try HuggingFaceTokenizerTests.bytes(name + "/tokenizer.json")
    #expect(Self.problem(json) == nil)
    var refusals = 0
    for position in stride(from: 0, to: json.count, by: 31) {
      let draw = UInt8(truncatingIfNeeded: CountedDraws(key: 9).bits(at: UInt64(position)))
      var changed = [Array(json[..<position]), json, json, json]
      changed[1][position] = 0xFF
      changed[2][position] = draw & 0x7F
      changed[3].remove(at: position)
      for bytes in changed {
        guard let error = Self.problem(bytes) else { continue }
        refusals += 1
        #expect(error.kind == .badData && error.file == "tokenizer.json")
      }
    }
    #expect(refusals > 100)
  }

  @Test(
    "lists in lists are refused at a depth, not followed until the stack ends",
    arguments: ["[", "{\"a\":", "[{\"a\":"])
  func nesting(opening: String) {
    let error = Self.problem(String(repeating: opening, count: 100_000))
    #expect(error?.expected?.contains("levels") == true, "\(error as Any)")
    let normalizers = String(repeating: #"{"type":"Sequence","normalizers":["#, count: 1000)
    #expect(Self.problem(Self.tokenizer(with: #""normalizer":"# + normalizers)) != nil)
  }

  @Test(
    "what is no JSON is refused with its place",
    arguments: [
      ("{\"a\": \"\\ud800\"}", "surrogate"), ("{\"a\": \"\\ud800\\u0041\"}", "surrogate"),
      ("{\"a\": \"\\udc00\"}", "surrogate"), ("{\"a\": \"\\u12g4\"}", "hexadecimal"),
      ("{\"a\": \"\u{1}\"}", "control"), ("{\"a\": 01}", "zeros"), ("{\"a\": 1e999}", "smaller"),
      ("{\"a\": -}", "value"), ("{\"a\": 1.}", "digit"), ("{\"a\": tru}", "value"),
      ("{\"a\" 1}", "colon"), ("{a: 1}", "key"), ("[1, ]", "value"), ("{\"a\": 1} x", "end"),
      ("", "value"), ("\"abc", "quotation"),
    ])
  func syntax(json: String, words: String) {
    let error = Self.problem(json)
    #expect(error?.expected?.contains(words) == true, "\(error as Any)")
    #expect(error?.line == 1)
  }

  @Test("bytes that are no text are refused")
  func invalidText() {
    let error = Self.problem(Array("{\"a\": \"".utf8) + [0xC3] + Array("\"}".utf8))
    #expect(error?.expected == "UTF-8")
  }

  @Test("pieces are told apart by their bytes: composed and decomposed é are two")
  func bytesNotCharacters() throws {
    let json = Self.tokenizer(
      model:
        #"{"type":"BPE","vocab":{"\u00e9":0,"e":1,"\u0301":2,"e\u0301":3},"merges":["e \u0301"]}"#)
    let tokenizer = try HuggingFaceTokenizer(json: Array(json.utf8))
    #expect(tokenizer.encode("\u{E9}") == [0])
    #expect(tokenizer.encode("e\u{301}") == [3])
  }

  @Test(
    "a component that is not supported is named",
    arguments: [
      (#""normalizer":{"type":"BertNormalizer"}"#, "normalizer.type", "'BertNormalizer'"),
      (
        #""pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"UnicodeScripts"}]}"#,
        "pre_tokenizer.pretokenizers[0].type", "'UnicodeScripts'"
      ),
      (#""decoder":{"type":"WordPiece"}"#, "decoder.type", "'WordPiece'"),
      (#""decoder":{"type":"CTC"}"#, "decoder.type", "'CTC'"),
      (#""post_processor":{"type":"Other"}"#, "post_processor.type", "'Other'"),
      (
        #""normalizer":{"type":"Replace","pattern":{"Regex":"(a|b)+"},"content":""}"#,
        "normalizer.pattern.Regex", "'(a|b)+'"
      ),
      (
        #""pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Other","invert":false}"#,
        "pre_tokenizer.behavior", "'Other'"
      ),
    ])
  func unsupported(parts: String, place: String, name: String) {
    let error = Self.problem(Self.tokenizer(with: parts))
    #expect(error?.found.contains(place) == true, "\(error as Any)")
    #expect(error?.found.contains(name) == true, "\(error as Any)")
  }

  @Test(
    "a model that contradicts itself is refused",
    arguments: [
      (#"{"type":"WordPiece","vocab":{}}"#, "'WordPiece'"),
      (#"{"type":"WordLevel","vocab":{}}"#, "'WordLevel'"),
      (#"{"type":"BPE","vocab":{},"merges":[]}"#, "no pieces"),
      (#"{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}"#, "twice"),
      (#"{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}"#, "another piece"),
      (#"{"type":"BPE","vocab":{"a":-1},"merges":[]}"#, "model.vocab.a"),
      (#"{"type":"BPE","vocab":{"a":2147483647},"merges":[]}"#, "model.vocab.a"),
      (#"{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}"#, "'ab' is not in the vocabulary"),
      (#"{"type":"BPE","vocab":{"a":0},"merges":["a b c"]}"#, "model.merges[0]"),
      (#"{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}"#, "model.merges[0]"),
      (#"{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"x"}"#, "model.unk_token"),
      (#"{"type":"Unigram","vocab":[["a",-1]]}"#, "unk_id"),
      (#"{"type":"Unigram","vocab":[["a",-1]],"unk_id":1}"#, "model.unk_id"),
      (#"{"type":"Unigram","vocab":[["a"]],"unk_id":0}"#, "model.vocab[0]"),
      (#"{"type":"Unigram","vocab":[["a","b"]],"unk_id":0}"#, "model.vocab[0]"),
      (#"{"type":"Unigram","vocab":[],"unk_id":0}"#, "no pieces"),
    ])
  func contradictions(model: String, words: String) {
    let error = Self.problem(Self.tokenizer(model: model))
    #expect(error?.found.contains(words) == true, "\(error as Any)")
  }

  @Test(
    "ids of added tokens and of the frame are checked",
    arguments: [
      (#""added_tokens":[{"id":1,"content":"a"}]"#, "added_tokens[0]"),
      (#""added_tokens":[{"id":1,"content":"x"}]"#, "'b' already"),
      (#""added_tokens":[{"id":2147483647,"content":"x"}]"#, "far behind"),
      (#""added_tokens":[{"id":4,"content":""}]"#, "without text"),
      // Every token asks for a gap: together they would ask for memory without end.
      (
        #""added_tokens":[{"id":90000,"content":"x"},{"id":180000,"content":"y"}]"#, "far behind"
      ),
      (#""post_processor":{"type":"BertProcessing","sep":["x",9],"cls":["y",0]}"#, "sep[1]"),
      (
        #""post_processor":{"type":"TemplateProcessing","single":[],"special_tokens":{}}"#,
        "0 times"
      ),
      (#""version":"2.0""#, "version"), (#""model":{}"#, "2 times"),
      (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}"#, "leads nowhere"),
      (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"*"}"#, "leads nowhere"),
    ])
  func places(parts: String, words: String) {
    let error = Self.problem(Self.tokenizer(with: parts))
    #expect(error?.found.contains(words) == true, "\(error as Any)")
  }

  @Test("a folder without a tokenizer says what it looked for")
  func emptyFolder() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: TextError.self) { try TextCodec(huggingFace: directory.url) }
    #expect(error?.kind == .missingInput && error?.file == directory.url.path)
    try directory.write("vocab.json", #"{"a": 0}"#)
    try directory.write("merges.txt", "#version: 0.2\na b\n")
    let wrong = #expect(throws: TextError.self) { try TextCodec(huggingFace: directory.url) }
    #expect(wrong?.line == 2 && wrong?.file?.hasSuffix("merges.txt") == true)
  }

  @Test("a vocabulary of MarianMT without its special tokens is refused by name")
  func marianVocabulary() throws {
    let model = try HuggingFaceTokenizerTests.bytes("marian/source.spm")
    let error = #expect(throws: TextError.self) {
      try MarianTokenizer(
        serializedModel: model, vocabulary: Array(#"{"</s>":0,"<unk>":1}"#.utf8),
        files: ("source.spm", "vocab.json"))
    }
    #expect(error?.found == "no piece '<pad>'" && error?.file == "vocab.json")
  }
}
