package import DataModel
import Glibc
package import Storage

/// The outboxes that workers of one store have left: `<db>.outbox/PID-START`, one file a process; of workers with a user
/// of their own `<db>.outbox/user-UID/PID-START`. Read by whoever concludes that a process has ended, before the store
/// hears of it.
package struct OutboxFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  package init(_ location: StoreLocation) { path = location.path + ".outbox" }

  package func file(of process: ProcessIdentity) -> String { "\(path)/\(process.pid)-\(process.startTicks)" }

  /// Where workers of that user put theirs.
  package func folder(of user: UInt32) -> OutboxFolder {
    OutboxFolder(path: "\(path)/\(Self.userPrefix)\(user)")
  }

  private static let userPrefix = "user-"

  /// Makes the folders of those users, each its user's alone; the folder around them may be passed by all. What went
  /// wrong, or nil.
  package func open(to users: [(uid: UInt32, gid: UInt32)]) -> String? {
    func made(_ folder: String, _ mode: mode_t) -> Bool {
      (mkdir(folder, mode) == 0 || errno == EEXIST) && chmod(folder, mode) == 0
    }
    guard made(path, 0o711) else { return "cannot open \(path): \(String(cString: strerror(errno)))" }
    for user in users {
      let folder = folder(of: user.uid).path
      guard made(folder, 0o700), chown(folder, user.uid, user.gid) == 0 else {
        return "cannot make \(folder): \(String(cString: strerror(errno)))"
      }
    }
    return nil
  }

  /// The folders of users that there are.
  private var ofUsers: [OutboxFolder] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var found: [OutboxFolder] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(Self.userPrefix) { found.append(OutboxFolder(path: path + "/" + name)) }
    }
    return found
  }

  /// Stores the outcomes that an ended process could not tell, each under its own fence, and removes its file. How
  /// many the store took. To be called before `EndNode`, and again when it throws: nothing is stored twice.
  @discardableResult
  package func settle(
    _ node: NodeID, _ process: ProcessIdentity, in store: any Store
  ) throws(StoreError) -> Int {
    var count = try settle(node, process, in: store, isOwn: nil)
    for folder in ofUsers where access(folder.file(of: process), F_OK) == 0 {
      // Written by a user who is not to be believed about other workers' jobs.
      let nodes = Set(try store.perform(ListNodes()).filter { $0.process == process }.map(\.id) + [node])
      count += try folder.settle(node, process, in: store) { outcome throws(StoreError) in
        try store.perform(GetJob(job: outcome.run.job))?.node.map(nodes.contains) ?? false
      }
    }
    return count
  }

  /// `isOwn`: which outcomes that process may tell; nil: all.
  private func settle(
    _ node: NodeID, _ process: ProcessIdentity, in store: any Store,
    isOwn: ((KeptOutcome) throws(StoreError) -> Bool)?
  ) throws(StoreError) -> Int {
    let name = file(of: process)
    // A pipe in its place must not hold this thread up.
    let file = Glibc.open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if file < 0 {
      if errno != ENOENT {
        EngineLog.error("cannot read the outbox \(name): \(String(cString: strerror(errno)))")
      }
      return 0
    }
    defer { close(file) }
    let cursor: OutboxCursor
    do throws(OutboxError) {
      cursor = try OutboxCursor { Self.read(file, $0, $1) }
      // One of the same name from before the machine was started again is of another process.
      guard cursor.process == process else { throw OutboxError("it is of another process") }
    } catch {
      EngineLog.error("the outbox \(name) is left as it is: \(error)")
      return 0
    }
    let count = try Self.settle(cursor, node, in: store, isOwn: isOwn) {
      EngineLog.error("the outbox \(name): \($0)")
    }
    unlink(name)
    if count > 0 {
      EngineLog.info("worker \(node) had left \(count) outcomes in its outbox: they are stored")
    }
    return count
  }

  /// Stores all outcomes that can be read: the part without files.
  package static func settle(
    _ cursor: OutboxCursor, _ node: NodeID, in store: any Store,
    isOwn: ((KeptOutcome) throws(StoreError) -> Bool)? = nil, onDamage: (OutboxError) -> Void
  ) throws(StoreError) -> Int {
    var cursor = cursor
    var count = 0
    while true {
      var outcomes: [KeptOutcome] = []
      do throws(OutboxError) {
        outcomes = try cursor.nextBatch()
      } catch {
        onDamage(error)
      }
      if outcomes.isEmpty { return count }
      if let isOwn {
        var own: [KeptOutcome] = []
        for outcome in outcomes where try isOwn(outcome) { own.append(outcome) }
        outcomes = own
      }
      let answers = try store.perform(
        WriteRuns(node: node, items: outcomes.map { RunWrite($0.run, .finish($0.end)) }))
      count += answers.count { $0 == .done }
    }
  }

  private static func read(_ file: Int32, _ offset: Int, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(file, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled))
      }
      if got < 0, errno == EINTR { continue }
      if got <= 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }
}
