import DataModel

/// What a run gives back: one JSON object, set as a whole or member by member. Pure.
struct RunResult {
  static let limit = 1 << 20

  /// Kept as the plug-in wrote it until a member is added.
  private var text: String?
  private var members: [String: JSONValue]?

  /// Replaces the result. Says what is wrong with `json`, nil when nothing is.
  mutating func set(_ json: String) -> String? {
    do throws(JSONError) {
      guard case .object = try JSONValue(parsing: json, sizeLimit: Self.limit) else {
        return "the result has to be a JSON object"
      }
    } catch {
      return "the result is not JSON: \(error)"
    }
    text = json
    members = nil
    return nil
  }

  /// Adds or replaces one member. Says what is wrong, nil when nothing is.
  mutating func set(_ name: String, _ value: JSONValue) -> String? {
    var all = members ?? [:]
    if members == nil, let text, let known = try? JSONValue(parsing: text, sizeLimit: Self.limit) {
      all = known.objectValue ?? [:]
    }
    all[name] = value
    let size = all.reduce(0) { $0 + $1.key.utf8.count + Self.size($1.value) }
    guard size <= Self.limit else { return "the result is longer than \(Self.limit >> 20) MiB" }
    members = all
    text = nil
    return nil
  }

  /// Adds or replaces one member of any type. Says what is wrong, nil when nothing is.
  mutating func set(_ name: String, json: String) -> String? {
    do throws(JSONError) {
      return set(name, try JSONValue(parsing: json, sizeLimit: Self.limit))
    } catch {
      return "the result \"\(name)\" is not JSON: \(error)"
    }
  }

  /// Bytes, roughly: what it costs to say more exactly is paid for lists and objects alone.
  private static func size(_ value: JSONValue) -> Int {
    switch value {
    case .string(let text): text.utf8.count
    case .array, .object: value.text.utf8.count
    case .null, .bool, .int, .real: 24
    }
  }

  /// The result's JSON text; nil when none was set.
  var json: String? {
    text ?? members.map { JSONValue.object($0).text }
  }
}
