internal import Foundation

/// Keeps other processes out of a run's directory for as long as this object lives.
///
/// The lock is the system's, on the folder itself: a killed process lets go of it.
final class DirectoryLock {
  private let descriptor: Int32

  /// - Throws: ``TrainingError/inUse(path:)`` when another process, or another run of this one, has
  ///   the directory.
  init(path: String) throws(TrainingError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    // A file system without locks is no reason to refuse a run.
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw .inUse(path: path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
