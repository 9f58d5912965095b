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

  var hasDefault: Bool { members.contains { $0.name == "default" } }
}
