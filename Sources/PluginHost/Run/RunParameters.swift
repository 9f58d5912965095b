import CBulkheadPlugin
import DataModel

/// The job's parameters as the plug-in reads them: parsed at the first question, texts handed out once each.
struct RunParameters {
  private let json: String
  private var root: JSONValue?
  private var texts: [String: bh_str] = [:]
  private var jsonText: bh_str?

  init(json: String) {
    self.json = json.isEmpty ? "{}" : json
  }

  /// All parameters as they were stored.
  mutating func json(in memory: inout RunMemory) -> bh_str? {
    if jsonText == nil { jsonText = memory.keep(json) }
    return jsonText
  }

  /// The value at a member name, or at names and numbers of items joined by '/'. A member whose own name has a '/'
  /// is found as well. The empty path is the whole.
  mutating func value(at path: String) -> JSONValue? {
    if root == nil { root = (try? JSONValue(parsing: json)) ?? .null }
    guard let root else { return nil }
    if path.isEmpty { return root }
    if let member = root[path] { return member == .null ? nil : member }
    var value = root
    for name in path.split(separator: "/", omittingEmptySubsequences: false) {
      guard let member = Self.member(name, of: value) else { return nil }
      value = member
    }
    return value == .null ? nil : value
  }

  /// The member of an object, or the item of a list with that number.
  private static func member(_ name: Substring, of value: JSONValue) -> JSONValue? {
    guard case .array(let items) = value else { return value[String(name)] }
    // Digits alone, as `Int` takes signs as well.
    guard name.utf8.allSatisfy({ (48...57).contains($0) }), let index = Int(name), index < items.count else {
      return nil
    }
    return items[index]
  }

  /// The text at a path. The same path gives the same memory.
  mutating func text(at path: String, in memory: inout RunMemory) -> Result<bh_str, RunCode> {
    if let text = texts[path] { return .success(text) }
    guard let value = value(at: path) else { return .failure(RunCode(BH_NOT_FOUND)) }
    guard let string = value.stringValue else { return .failure(RunCode(BH_INVALID)) }
    guard let text = memory.keep(string) else { return .failure(RunCode(BH_MEMORY)) }
    texts[path] = text
    return .success(text)
  }
}

/// A negative code of the ABI as an error.
struct RunCode: Error {
  let value: Int32

  init(_ value: Int32) { self.value = value }
}
