import DataModel

/// What a manifest says well or badly; that it is right was seen before.
enum ManifestRules {
  static let all: [Rule] = [
    Rule(
      "manifest.texts", .warning, "actions are described",
      description: "Each action has a title and a description.",
      reason: "They are all that people see who are to choose an action.",
      cure: "add \"title\" and \"description\" to the action",
      check: .manifest { manifest, _ in
        Verdict.of(
          manifest.actions.filter { $0.description.isEmpty || $0.title == $0.name }.map { action in
            let lacks = [
              action.title == action.name ? "title" : nil, action.description.isEmpty ? "description" : nil,
            ].compactMap(\.self)
            return Observation(
              evidence: "it has no \(lacks.joined(separator: " and no "))", place: action.name)
          })
      }),
    Rule(
      "manifest.parameters", .note, "parameters are described",
      description: "Each parameter has a title or a description.",
      reason: "A form or a help text has nothing to show but the name.",
      cure: "add \"title\" or \"description\" to the parameter",
      check: .manifest { manifest, _ in
        Verdict.of(
          fields(of: manifest) { $0.title == nil && $0.description == nil }.map {
            Observation(evidence: "it has neither title nor description", place: $0)
          })
      }),
    Rule(
      "manifest.bounds", .note, "parameters have bounds",
      description: "Integers have a maximum, texts a maxLength or a pattern, lists a maxItems.",
      reason: "Whatever is not ruled out here reaches the code: a text of a megabyte, 2^63 copies.",
      cure: "add \"maximum\", \"maxLength\", \"pattern\" or \"maxItems\"",
      check: .manifest { manifest, _ in
        Verdict.of(
          fields(of: manifest, where: isUnbounded).map {
            Observation(evidence: "it has no upper bound", place: $0)
          })
      }),
    Rule(
      "manifest.defaults", .warning, "defaults can be used",
      description: "No parameter is both required and given a default.",
      reason: "With a default nobody is ever required to give it: one of the two is a mistake.",
      cure: "take it out of \"required\", or remove its \"default\"",
      check: .manifest { manifest, _ in
        Verdict.of(
          manifest.actions.flatMap { action in
            action.parameters.required.filter { action.parameters.properties[$0]?.defaultValue != nil }.map {
              Observation(evidence: "it is required and has a default", place: action.name + "." + $0)
            }
          })
      }),
    Rule(
      "manifest.secrets", .warning, "secrets are marked",
      description:
        "A parameter whose name says that it is a password, token or key has the format \"password\".",
      reason: "Without it the value is shown in lists, messages and logs.",
      cure: "add \"format\": \"password\"",
      check: .manifest { manifest, _ in
        Verdict.of(
          fields(of: manifest, named: isSecretName) { $0.type == .string && $0.format != .password }.map {
            Observation(evidence: "its value would be shown to everybody who may look at jobs", place: $0)
          })
      }),
    Rule(
      "manifest.version", .note, "version",
      description: "The version is three numbers with dots (1.4.0), with or without a suffix.",
      reason: "People and tools order versions by it.",
      cure: "write \"version\": \"1.0.0\"",
      check: .manifest { manifest, _ in
        if isThreeNumbers(manifest.version) { return .passed(manifest.version) }
        return .found([
          Observation(evidence: "\"\(manifest.version)\" is not three numbers with dots", place: "version")
        ])
      }),
  ]

  /// Paths (`action.disk.size`) of the parameters that the rule holds for.
  private static func fields(
    of manifest: Manifest, named: (String) -> Bool = { _ in true }, where rule: (ParameterSchema) -> Bool
  ) -> [String] {
    var found: [String] = []
    func look(_ schema: ParameterSchema, _ path: String) {
      for (name, property) in schema.properties.sorted(by: { $0.key < $1.key }) {
        let own = path + "." + name
        if named(name), rule(property) { found.append(own) }
        look(property, own)
      }
      if case .each(let item) = schema.items { look(item, path + "[]") }
    }
    for action in manifest.actions { look(action.parameters, action.name) }
    return found
  }

  private static func isUnbounded(_ schema: ParameterSchema) -> Bool {
    guard schema.choices == nil, schema.constant == nil else { return false }
    switch schema.type {
    case .integer, .number: return schema.maximum == nil && schema.exclusiveMaximum == nil
    case .string: return schema.length.maximum == nil && schema.pattern == nil && schema.format == nil
    case .array: return schema.itemCount.maximum == nil
    default: return false
    }
  }

  private static func isSecretName(_ name: String) -> Bool {
    let words = name.lowercased().split { $0 == "_" || $0 == "-" }.map(String.init)
    let secret: Set = ["password", "passwd", "passphrase", "secret", "token", "apikey", "pin"]
    return words.contains { secret.contains($0) } || words.suffix(2) == ["api", "key"]
      || words.suffix(2) == ["private", "key"]
  }

  private static func isThreeNumbers(_ version: String) -> Bool {
    let core = version.prefix { $0 != "-" && $0 != "+" }
    let parts = core.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }
  }
}
