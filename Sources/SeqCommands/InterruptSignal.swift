import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first is remembered, the second ends the process.
enum InterruptSignal {
  private static let number = Atomic<Int32>(0)

  /// The signal that came, if one did.
  static var received: Int32? {
    let value = number.load(ordering: .relaxed)
    return value == 0 ? nil : value
  }

  static func install() {
    for signalNumber in [SIGINT, SIGTERM] {
      signal(signalNumber) { received in
        let (isFirst, _) = InterruptSignal.number.compareExchange(
          expected: 0, desired: received, ordering: .relaxed)
        // Only what is safe in a signal handler.
        if !isFirst { _exit(128 + received) }
      }
    }
  }
}
