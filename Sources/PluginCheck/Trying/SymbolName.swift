import CPluginRuntime
import Foundation

/// Names of functions as people write them.
enum SymbolName {
  private static let limit = 4096

  /// The readable form of a mangled Swift or C++ name; any other name as it is.
  static func readable(_ name: String) -> String {
    name.hasPrefix("_Z") || isSwift(name) ? demangled(name) ?? name : name
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
    name.hasPrefix("$s") || name.hasPrefix("$e")
  }

  private static func demangled(_ name: String) -> String? {
    var text = [CChar](repeating: 0, count: limit)
    guard bhrt_demangle(name, &text, text.count) != 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
