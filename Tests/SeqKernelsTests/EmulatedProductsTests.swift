import Foundation
import Testing

/// Products for processors that this machine need not have, by `Scripts/emulate_avx512.sh`.
@Suite struct EmulatedProductsTests {
  #if arch(x86_64)
    private static let hasEmulation = FileManager.default.fileExists(
      atPath: "/usr/include/simde/x86/avx512/dpbusd.h")
  #else
    private static let hasEmulation = false
  #endif

  @Test(.enabled(if: hasEmulation, "needs x86-64 and SIMDe: apt-get install libsimde-dev"))
  func int8ProductsHaveTheSameBits() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = root.appendingPathComponent("Scripts/emulate_avx512.sh")
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(String(decoding: data, as: UTF8.self))")
  }
}
