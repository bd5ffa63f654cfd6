import Foundation
import Synchronization

/// SIGINT and SIGTERM: what the first does is up to the command, the second ends the process.
enum InterruptSignal {
  private static let number = Atomic<Int32>(0)
  /// The address of the path, in C's form, of a file that the signal is to delete; 0 for none.
  private static let unfinishedPath = Atomic<UInt>(0)

  /// The signal that came, if one did.
  static var received: Int32? {
    let value = number.load(ordering: .relaxed)
    return value == 0 ? nil : value
  }

  /// From now on the first signal is remembered, for work that stops at the next safe place, and
  /// said to be; the second ends the process.
  static func install() {
    handle { received in
      let (isFirst, _) = InterruptSignal.number.compareExchange(
        expected: 0, desired: received, ordering: .relaxed)
      // Only what is safe in a signal handler.
      if !isFirst { _exit(128 + received) }
      let text: StaticString = "\nstopping at the next safe place; a second signal stops at once\n"
      _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
    }
  }

  /// From now on a signal ends the process after deleting the file at `path`, which is being
  /// written and worth nothing before it is complete.
  static func deleteUnfinished(_ path: String) {
    unfinishedPath.store(UInt(bitPattern: strdup(path)), ordering: .relaxed)
    handle { received in
      let address = InterruptSignal.unfinishedPath.load(ordering: .relaxed)
      if let path = UnsafePointer<CChar>(bitPattern: address) { unlink(path) }
      _exit(128 + received)
    }
  }

  private static func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
    for signalNumber in [SIGINT, SIGTERM] { signal(signalNumber, handler) }
  }
}
