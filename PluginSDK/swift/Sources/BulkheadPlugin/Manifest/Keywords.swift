/// What the manifest says of one parameter beyond its type: the part of JSON Schema that Swift's types cannot say.
public struct Keywords: Sendable {
  var members: [JSON.Member] = []

  /// A parameter with a `default` need not be given: the host fills it in before the action runs. `pattern` has to
  /// match somewhere: anchor it with `^` and `$`.
  public init(
    title: String? = nil, description: String? = nil, default: JSON? = nil, minimum: JSON? = nil,
    maximum: JSON? = nil, minLength: Int? = nil, maxLength: Int? = nil, pattern: String? = nil,
    format: String? = nil, minItems: Int? = nil, maxItems: Int? = nil
  ) {
    func add(_ name: String, _ value: JSON?) {
      if let value { members.append(JSON.Member(name, value)) }
    }
    func number(_ value: Int?) -> JSON? { value.map { .number(String($0)) } }
    add("title", title.map { .string($0) })
    add("description", description.map { .string($0) })
    add("minimum", minimum)
    add("maximum", maximum)
    add("minLength", number(minLength))
    add("maxLength", number(maxLength))
    add("pattern", pattern.map { .string($0) })
    add("format", format.map { .string($0) })
    add("minItems", number(minItems))
    add("maxItems", number(maxItems))
    add("default", `default`)
  }

  var hasDefault: Bool { self["default"] != nil }

  subscript(_ name: String) -> JSON? { members.last { $0.name == name }?.value }

  /// What is wrong with them beside a type of JSON Schema, which is that of the Swift type `swift`. The host would
  /// refuse the same, without knowing where it came from.
  func problem(beside type: String?, of swift: String) -> String? {
    for member in members {
      guard let (types, plural) = Self.belongs[member.name] else { continue }
      guard let type, types.contains(type) else {
        return "\(member.name) is for \(plural), and this is \(swift)"
      }
      if type == "integer", member.name.hasSuffix("imum"), member.value.whole == nil {
        return "\(member.name) of \(swift) has to be a whole number, not \(member.value.text)"
      }
      if member.value.double ?? 0 < 0, member.name.hasSuffix("Length") || member.name.hasSuffix("Items") {
        return "\(member.name) is \(member.value.text), and nothing has fewer than 0"
      }
    }
    for (least, most) in [("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")] {
      if let low = self[least]?.double, let high = self[most]?.double, high < low {
        return "\(most) is less than \(least)"
      }
    }
    if let format = self["format"]?.string, !Self.formats.contains(format) {
      return "there is no format \"\(format)\" (there are: \(Self.formats.joined(separator: ", ")))"
    }
    return nil
  }

  private static let formats = [
    "date", "date-time", "hostname", "ipv4", "ipv6", "password", "uri", "uuid",
  ]

  private static let belongs: [String: (types: [String], plural: String)] = [
    "minimum": (["integer", "number"], "numbers"), "maximum": (["integer", "number"], "numbers"),
    "minLength": (["string"], "texts"), "maxLength": (["string"], "texts"), "pattern": (["string"], "texts"),
    "format": (["string"], "texts"), "minItems": (["array"], "lists"), "maxItems": (["array"], "lists"),
  ]
}
