import SeqCommands
import SeqKit
import Testing

struct ExitCodesTests {
  @Test("a checkpoint's problem ends a command with the status of its kind")
  func checkpointErrors() {
    let expected: [CheckpointError.Reason: Int32] = [
      .missing: 66, .unreadable: 74, .notWritten: 74, .notCreated: 73,
    ]
    for reason in CheckpointError.Reason.allCases {
      let error = CheckpointError(reason, path: "", found: "", expected: "", hint: "")
      #expect(error.exitCode.rawValue == expected[reason] ?? 65, "\(reason)")
    }
  }
}
