import Glibc

/// Small files of the kernel: read and written in one call.
enum TextFile {
  static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      text += bytes[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The kernel's answer: nil when it took the text, else why not.
  static func write(_ text: String, to path: String) -> String? {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return "cannot open \(path): \(String(cString: strerror(errno)))" }
    defer { close(file) }
    let count = text.withCString { Glibc.write(file, $0, strlen($0)) }
    return count == text.utf8.count
      ? nil : "cannot write \(text) to \(path): \(String(cString: strerror(errno)))"
  }
}
