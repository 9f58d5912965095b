import Foundation
import Synchronization

/// Files that actions may be pointed to: what looks like a path in a schema gets one of these, and nothing else of
/// this machine.
struct ScratchFolder {
  let path: String
  /// A folder with a few files and folders.
  let tree: String
  let file: String
  /// Nothing is there.
  let missing: String

  /// Those that are there now.
  private static let living = Mutex<Set<String>>([])

  /// In TMPDIR, or /tmp. Nil when none can be made there.
  init?() {
    let parent =
      ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
    var name = Array((parent + "/bulkhead-check-XXXXXX").utf8CString)
    guard mkdtemp(&name) != nil else { return nil }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    _ = Self.living.withLock { [path] in $0.insert(path) }
    tree = path + "/tree"
    file = path + "/file.txt"
    missing = path + "/missing"
    let manager = FileManager.default
    try? manager.createDirectory(atPath: tree + "/deep/deeper", withIntermediateDirectories: true)
    let large = Data(repeating: 0x42, count: 1 << 20)
    for (place, data) in [
      (file, Data("text\n".utf8)), (tree + "/a.txt", Data("a\n".utf8)), (tree + "/empty", Data()),
      (tree + "/deep/large.bin", large), (tree + "/deep/deeper/naïve name.txt", Data("b\n".utf8)),
    ] {
      _ = manager.createFile(atPath: place, contents: data)
    }
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
    _ = Self.living.withLock { $0.remove(path) }
  }

  /// Removes all, whoever still uses them: for a process that is about to end. Each gets another name first, so that a
  /// child which has not noticed yet makes nothing new in it.
  static func removeAll() {
    for path in living.withLock({ $0 }) {
      let away = path + ".away"
      try? FileManager.default.moveItem(atPath: path, toPath: away)
      try? FileManager.default.removeItem(atPath: away)
    }
  }
}
