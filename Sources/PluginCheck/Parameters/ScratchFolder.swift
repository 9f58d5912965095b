import Foundation

/// Files that actions may be pointed to: what looks like a path in a schema gets one of these, and nothing else of
/// this machine.
struct ScratchFolder {
  let path: String
  /// A folder with a few files and folders.
  let tree: String
  let file: String
  /// Nothing is there.
  let missing: String

  init?() {
    var name = Array("/tmp/bulkhead-check-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { return nil }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
