internal import Foundation
internal import SeqCheckpoints
internal import SeqText

/// Reads whatever libFuzzer makes up; `SEQ2SEQ_FUZZ` says by what.
///
/// Reading ends in a value or an error that is thrown; anything else is a finding.
@main
enum Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
      runFuzzer(&count, &arguments) { data, count in
        reader(Array(UnsafeBufferPointer(start: data, count: count)))
        return 0
      })
  }
}

/// The loop of libFuzzer, for programs with a main function of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt
) -> CInt

private let reader: @Sendable ([UInt8]) -> Void = {
  switch ProcessInfo.processInfo.environment["SEQ2SEQ_FUZZ"] {
  case "safetensors": return readSafetensors
  case "tokenizer": return readTokenizer
  case "sentencepiece": return readSentencePiece
  default:
    FileHandle.standardError.write(
      Data("fuzz: set SEQ2SEQ_FUZZ to safetensors, tokenizer or sentencepiece\n".utf8))
    exit(64)
  }
}()

/// Texts with what tokenizers treat in ways of their own.
private let texts = ["", " Hello  world's 1,234\n", "안녕 cafe\u{301} \u{2581}x <s> </s> 👩‍👩‍👧"]
  .map { Array($0.utf8) }

private let path = "/dev/shm/seq2seq-fuzz-\(getpid()).safetensors"

@Sendable private func readSafetensors(_ bytes: [UInt8]) {
  guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { return }
  guard let file = try? SafetensorsFile(path: path) else { return }
  for entry in file.entries { _ = try? file.floats(of: entry) }
}

@Sendable private func readTokenizer(_ bytes: [UInt8]) {
  guard let tokenizer = try? HuggingFaceTokenizer(json: bytes) else { return }
  use(tokenizer)
}

@Sendable private func readSentencePiece(_ bytes: [UInt8]) {
  guard let tokenizer = try? SentencePieceTokenizer(serializedModel: bytes) else { return }
  use(tokenizer)
}

private func use(_ tokenizer: some Tokenizer) {
  for text in texts {
    let ids = tokenizer.encode(text)
    precondition(ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabulary.count })
    _ = tokenizer.decodeBytes(ids)
  }
  _ = tokenizer.decodeBytes(0..<Int32(min(tokenizer.vocabulary.count, 100)))
}
