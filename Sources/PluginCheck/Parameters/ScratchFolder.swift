import Foundation
import Synchronization

/// Files that actions may be pointed to: what looks like a path in a schema gets one of these, and nothing else of
/// this machine.
package struct ScratchFolder: Sendable {
  /// Stands for the folder's path in parameters that are checked before it is made.
  static let template = "/tmp/bulkhead-check-XXXXXX"
  /// Below it: a folder that is empty at the start of each run.
  static let newFolder = "/new"

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
    restore()
  }

  /// Makes again what a run has removed.
  func restore() {
    let manager = FileManager.default
    for folder in [tree + "/deep/deeper", path + Self.newFolder] where !manager.fileExists(atPath: folder) {
      try? manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    for (place, count, byte) in [
      (file, 5, UInt8(ascii: "t")), (tree + "/a.txt", 2, UInt8(ascii: "a")), (tree + "/empty", 0, 0),
      (tree + "/deep/large.bin", 1 << 20, 0x42), (tree + "/deep/deeper/naïve name.txt", 2, UInt8(ascii: "b")),
    ] where !manager.fileExists(atPath: place) {
      var data = Data(repeating: byte, count: count)
      if count > 0, byte != 0x42 { data[count - 1] = UInt8(ascii: "\n") }
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
