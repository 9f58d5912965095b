package import DataModel
import Glibc
package import Storage

/// The outboxes that workers of one store have left: `<db>.outbox/PID-START`, one file a process. Read by whoever
/// concludes that a process has ended, before the store hears of it.
package struct OutboxFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  package init(_ location: StoreLocation) { path = location.path + ".outbox" }

  package func file(of process: ProcessIdentity) -> String { "\(path)/\(process.pid)-\(process.startTicks)" }

  /// Stores the outcomes that an ended process could not tell, each under its own fence, and removes its file. How
  /// many the store took. To be called before `EndNode`, and again when it throws: nothing is stored twice.
  @discardableResult
  package func settle(
    _ node: NodeID, _ process: ProcessIdentity, in store: any Store
  ) throws(StoreError) -> Int {
    let name = file(of: process)
    let file = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
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
    let count = try Self.settle(cursor, node, in: store) { EngineLog.error("the outbox \(name): \($0)") }
    unlink(name)
    if count > 0 {
      EngineLog.info("worker \(node) had left \(count) outcomes in its outbox: they are stored")
    }
    return count
  }

  /// Stores all outcomes that can be read: the part without files.
  package static func settle(
    _ cursor: OutboxCursor, _ node: NodeID, in store: any Store, onDamage: (OutboxError) -> Void
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
