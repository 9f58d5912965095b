import Glibc
package import Storage
import Synchronization

/// The outbox of this worker: one file in a folder beside the store, named by the process. It is its owner's alone, since
/// results are in it.
package final class OutboxFile: Outbox {
  private struct State {
    var file: Int32 = -1
    var length: off_t = 0
  }

  package let path: String
  private let folder: String
  private let process: ProcessIdentity
  private let state = Mutex(State())

  package init(folder: String, process: ProcessIdentity) {
    self.folder = folder
    self.process = process
    path = OutboxFolder(path: folder).file(of: process)
  }

  package func append(_ outcomes: [KeptOutcome]) throws(OutboxError) {
    try state.withLock { (state: inout State) throws(OutboxError) in
      let isNew = state.file < 0
      if isNew { try open(&state) }
      var bytes = state.length == 0 ? OutboxFormat.head(process) : []
      for outcome in outcomes { bytes += OutboxFormat.record(outcome) }
      let reason = write(bytes, to: state.file) ?? (fdatasync(state.file) == 0 ? nil : Self.lastError)
      if let reason {
        // What was written in part would end the reading of all that comes later.
        _ = ftruncate(state.file, state.length)
        throw OutboxError("cannot write \(path): \(reason)")
      }
      state.length += off_t(bytes.count)
      if isNew { syncFolder() }
    }
  }

  package func clear() {
    state.withLock { state in
      if state.file < 0 { return }
      unlink(path)
      close(state.file)
      state = State()
    }
  }

  private func open(_ state: inout State) throws(OutboxError) {
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw OutboxError("cannot make the folder \(folder): \(Self.lastError)")
    }
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw OutboxError("cannot open \(path): \(Self.lastError)") }
    // One that is there was left by a process of the same number: nobody's any more.
    _ = ftruncate(file, 0)
    state = State(file: file, length: 0)
  }

  private func write(_ bytes: [UInt8], to file: Int32) -> String? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Array(rest.prefix(1 << 20)).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return Self.lastError }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  /// The file's name is on the disk as well.
  private func syncFolder() {
    let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static var lastError: String { String(cString: strerror(errno)) }
}
