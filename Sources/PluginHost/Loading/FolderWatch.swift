import CProcess
import Glibc

/// Sees changes in one folder by its path, with inotify; where that cannot be had, looking now and then has
/// to do. For one thread, but for `wake`.
final class FolderWatch: Sendable {
  /// What one wait brought.
  struct Events {
    /// Names whose writer closed them, or that a rename brought.
    var completed: Set<String> = []
    /// The watched folder itself went or moved.
    var isGone = false
  }

  private static let mask = UInt32(
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF
      | IN_MOVE_SELF
      | IN_ONLYDIR)

  private let notifications: Int32
  private let wakeEnds: (read: Int32, write: Int32)

  init() throws(PluginError) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else {
      throw PluginError(
        "cannot watch the plug-in directory (\(String(cString: strerror(errno))))",
        cure: "raise the limit of open files")
    }
    wakeEnds = (ends[0], ends[1])
    notifications = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
  }

  deinit {
    close(wakeEnds.read)
    close(wakeEnds.write)
    if notifications >= 0 { close(notifications) }
  }

  /// Ends the wait under way, or the next one. From any thread.
  func wake() {
    var byte: UInt8 = 1
    _ = write(wakeEnds.write, &byte, 1)
  }

  /// Watches what the path names now; the number of the watch, nil when there is no such folder or no watch
  /// to have.
  func add(_ folder: String) -> Int32? {
    guard notifications >= 0 else { return nil }
    let number = inotify_add_watch(notifications, folder, Self.mask)
    return number >= 0 ? number : nil
  }

  func remove(_ number: Int32) { inotify_rm_watch(notifications, number) }

  /// Waits for events of the watch, for `wake` or for the time to pass.
  func wait(_ number: Int32?, milliseconds: Int64) -> Events {
    var entries = [notifications, wakeEnds.read].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var events = Events()
    guard poll(&entries, nfds_t(entries.count), Int32(clamping: max(0, milliseconds))) > 0 else {
      return events
    }
    if entries[1].revents != 0 {
      var bytes = [UInt8](repeating: 0, count: 64)
      while read(wakeEnds.read, &bytes, bytes.count) > 0 {}
    }
    if entries[0].revents != 0 { drain(number, &events) }
    return events
  }

  private func drain(_ number: Int32?, _ events: inout Events) {
    let headSize = MemoryLayout<inotify_event>.size
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
      while true {
        let count = read(notifications, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var offset = 0
        while offset + headSize <= count {
          let head = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
          let start = offset + headSize
          let end = min(start + Int(head.len), count)
          offset = end
          // Events of a watch that was removed may still be queued.
          guard head.wd == number else { continue }
          if head.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 { events.isGone = true }
          if head.mask & UInt32(IN_CLOSE_WRITE | IN_MOVED_TO) != 0 {
            let name = buffer[start..<end].prefix { $0 != 0 }
            events.completed.insert(String(decoding: name, as: UTF8.self))
          }
        }
      }
    }
  }
}
