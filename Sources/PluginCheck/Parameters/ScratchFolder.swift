import Foundation
import Synchronization

/// Files that actions may be pointed to: what looks like a path in a schema gets one of these, and nothing else of
/// this machine.
package struct ScratchFolder: Sendable {
  /// The path before the last six characters are known.
  static let template = "/tmp/bulkhead-check-XXXXXX"
  /// Below it: a folder that is empty at the start of each run.
  static let newFolder = "/new"
  /// Those that are there now.
  private static let living = Mutex<Set<String>>([])

  let path: String
  /// A folder with a few files and folders.
  let tree: String
  let file: String
  /// Nothing is there.
  let missing: String

  init?() {
    var name = Array(Self.template.utf8CString)
    guard mkdtemp(&name) != nil else { return nil }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    tree = path + "/tree"
    file = path + "/file.txt"
    missing = path + "/missing"
    Self.living.withLock { [path] in _ = $0.insert(path) }
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
    Self.living.withLock { [path] in _ = $0.remove(path) }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// For a process that is about to be ended in the middle of a check.
  package static func removeAll() {
    for path in living.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
  }
}
