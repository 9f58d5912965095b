extension Manifest {
  package static let known: Set<String> = [
    "$schema", "id", "version", "title", "description", "abi", "actions", "records", "secrets",
  ]

  /// Parses and checks the text of a note. Members that this host does not know are refused by name: what an
  /// author asked for and did not get would be found out too late.
  package init(text: String) throws(ManifestError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text, sizeLimit: Self.sizeLimit)
    } catch {
      throw ManifestError(path: "", "it is not JSON: \(error)")
    }
    try self.init(value)
  }

  package init(_ value: JSONValue) throws(ManifestError) {
    let fields = try JSONFields(value, path: "", known: Self.known)
    id = try fields.requiredText("id")
    guard Names.isPluginID(id) else {
      throw fields.error(
        "id",
        "\"\(id)\" has to begin with a lower-case letter and go on with letters, digits, '-' or '_', 64 at most"
      )
    }
    version = try fields.requiredText("version", limit: 64)
    guard version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw fields.error("version", "has to be printable ASCII without spaces, such as \"1.0.0\"")
    }
    title = try fields.text("title") ?? id
    description = try fields.text("description", limit: 1 << 16) ?? ""
    abi = try Self.abi(fields)
    (actions, reconciles) = try Self.entries(fields)
    records = try fields.names("records") ?? []
    secrets = try fields.names("secrets") ?? []
  }

  private static func abi(_ fields: JSONFields) throws(ManifestError) -> ABIRange {
    guard let value = fields.members["abi"] else {
      throw fields.error("abi", "is missing; write \"abi\": {\"built\": 1, \"min_host\": 1}")
    }
    let abi = try JSONFields(value, path: "abi", known: ["built", "min_host"])
    guard let built = try abi.integer("built", 1...1_000_000) else { throw abi.error("built", "is missing") }
    let minimum = try abi.integer("min_host", 1...1_000_000) ?? built
    guard minimum <= built else {
      throw abi.error("min_host", "\(minimum) is newer than \"built\", which is \(built)")
    }
    return ABIRange(built: Int(built), minimumHost: Int(minimum))
  }

  private static func entries(
    _ fields: JSONFields
  ) throws(ManifestError) -> ([ManifestAction], [ManifestReconcile]) {
    guard let values = try fields.array("actions") else { throw fields.error("actions", "is missing") }
    guard !values.isEmpty else { throw fields.error("actions", "has to list one action at least") }
    guard values.count <= 1000 else { throw fields.error("actions", "lists more than 1000 actions") }
    var actions: [ManifestAction] = []
    var reconciles: [(path: String, entry: ManifestReconcile)] = []
    var seen: Set<String> = []
    for (index, value) in values.enumerated() {
      let path = "actions[\(index)]"
      let name: String
      if try kind(of: value, path: path) == ManifestReconcile.kind {
        let entry = try ManifestReconcile(value, path: path)
        name = entry.name
        reconciles.append((path, entry))
      } else {
        let action = try ManifestAction(value, path: path)
        name = action.name
        actions.append(action)
      }
      guard seen.insert(name).inserted else {
        throw fields.error("\(path).name", "\"\(name)\" is given twice")
      }
    }
    guard !actions.isEmpty else {
      throw fields.error("actions", "has to list one entry of kind \"action\" at least")
    }
    try ManifestReconcile.check(reconciles, against: actions)
    return (actions, reconciles.map(\.entry))
  }

  /// Judged before the other members: which of them are known depends on it.
  private static func kind(of entry: JSONValue, path: String) throws(ManifestError) -> String {
    guard let value = entry["kind"] else { return "action" }
    guard let kind = value.stringValue else {
      throw ManifestError(path: path + ".kind", "expected text, found \(value.kindName)")
    }
    let known = ["action", ManifestReconcile.kind]
    if known.contains(kind) { return kind }
    throw ManifestError(
      path: path + ".kind",
      "this host does not have the kind \"\(kind)\" yet; it has \"action\" and \"reconcile\""
        + EditDistance.hint(for: kind, among: Set(known)))
  }
}

extension ManifestAction {
  package static let known: Set<String> = [
    "name", "kind", "title", "description", "repeat", "parameters", "result", "deadline_ms", "cleanup_ms",
    "grace_ms",
  ]
  /// A hundred years: sums with a time of day stay far from overflow.
  static let longest: Int64 = 3_155_760_000_000

  init(_ value: JSONValue, path: String) throws(ManifestError) {
    let fields = try JSONFields(value, path: path, known: Self.known)
    name = try fields.requiredText("name")
    guard Names.isActionName(name) else {
      throw fields.error(
        "name",
        "\"\(name)\" has to begin with a lower-case letter and go on with letters, digits, '.', '-' or '_', 128 at most"
      )
    }
    title = try fields.text("title") ?? name
    description = try fields.text("description", limit: 1 << 16) ?? ""
    repeatRule = try Self.repeatRule(fields)
    parameters = try ParameterSchema(
      parameters: fields.members["parameters"] ?? .object([:]), path: fields.path(of: "parameters"))
    result = try ParameterSchema(fields.members["result"] ?? .object([:]), path: fields.path(of: "result"))
    deadlineMilliseconds = try fields.integer("deadline_ms", 0...Self.longest) ?? 0
    cleanupMilliseconds = try fields.integer("cleanup_ms", 0...Self.longest) ?? 60_000
    graceMilliseconds = try fields.integer("grace_ms", 0...Self.longest) ?? 30_000
  }

  private static func repeatRule(_ fields: JSONFields) throws(ManifestError) -> RepeatRule {
    guard let name = try fields.text("repeat") else { return .never }
    if let rule = RepeatRule(name: name) { return rule }
    throw fields.error("repeat", "expected \"never\", \"steps\" or \"idempotent\", found \"\(name)\"")
  }
}
