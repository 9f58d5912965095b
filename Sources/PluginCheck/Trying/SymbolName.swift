import CPluginRuntime
import Foundation
import Glibc

/// Names of functions as people write them.
enum SymbolName {
  private static let limit = 4096

  /// The readable form of a mangled Swift or C++ name; any other name as it is.
  static func readable(_ name: String) -> String {
    if name.hasPrefix("_Z") || name.hasPrefix("__Z") { return cPlusPlus(name) ?? name }
    if isSwift(name) { return swift(name) ?? name }
    return name
  }

  /// The same without what only a compiler wants to know: `closure in Copy.run` for a Swift name of six lines.
  static func short(_ name: String) -> String {
    let text = readable(name)
    guard isSwift(name), text != name else { return text }
    var rest = text[...]
    while rest.hasPrefix("function signature specialization <") || rest.hasPrefix("generic specialization <"),
      let end = rest.firstRange(of: "> of ")
    {
      rest = rest[end.upperBound...]
    }
    let parts = rest.components(separatedBy: " in ")
    let last = (parts.last ?? "").prefix { $0 != "(" }.trimmingPrefix("static ")
    let words = last.split(separator: ".").suffix(2).joined(separator: ".")
    return parts.count > 1 ? "closure in " + words : words
  }

  static func isSwift(_ name: String) -> Bool {
    ["$s", "_$s", "$S", "$e"].contains { name.hasPrefix($0) }
  }

  private static func cPlusPlus(_ name: String) -> String? {
    var text = [CChar](repeating: 0, count: limit)
    guard bhrt_demangle(name, &text, text.count) != 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func swift(_ name: String) -> String? {
    guard let text = demangleSwift(name, name.utf8.count, nil, nil, 0) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}

/// The Swift runtime's own: a text to be freed; NULL when it is no Swift name.
@_silgen_name("swift_demangle")
private func demangleSwift(
  _ name: UnsafePointer<CChar>?, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: UnsafeMutablePointer<Int>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
