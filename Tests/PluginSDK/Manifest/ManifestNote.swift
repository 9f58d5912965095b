import Foundation
import TestSupport

/// The manifests of an ELF file, read as the host reads them: from the PT_NOTE segments, without loading.
enum ManifestNote {
  /// The texts without their closing NUL.
  static func texts(in file: String) throws -> [String] {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw ToolFailure("cannot read \(file)")
    }
    let bytes = [UInt8](data)
    func number(_ at: Int, _ size: Int) -> Int {
      (0..<size).reversed().reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
    }
    let headers = number(32, 8)
    var texts: [String] = []
    for segment in 0..<number(56, 2) {
      let header = headers + segment * number(54, 2)
      guard number(header, 4) == 4 else { continue }
      var at = number(header + 8, 8)
      let end = at + number(header + 32, 8)
      while at + 12 <= end {
        let name = at + 12
        let text = name + padded(number(at, 4))
        let size = number(at + 4, 4)
        if bytes[name..<name + number(at, 4)].elementsEqual("Bulkhead\0".utf8) {
          texts.append(String(decoding: bytes[text..<text + max(size, 1) - 1], as: UTF8.self))
        }
        at = text + padded(size)
      }
    }
    return texts
  }

  private static func padded(_ size: Int) -> Int { (size + 3) & ~3 }
}
