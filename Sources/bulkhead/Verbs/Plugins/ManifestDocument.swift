import DataModel

/// A manifest as JSON and as lines for people.
enum ManifestDocument {
  static func json(_ manifest: Manifest) -> [(name: String, value: JSONText)] {
    [
      (name: "title", value: .string(manifest.title)),
      (name: "description", value: .string(manifest.description)),
      (
        name: "abi",
        value: ["built": .integer(manifest.abi.built), "min_host": .integer(manifest.abi.minimumHost)]
      ),
      (name: "actions", value: .list(manifest.actions.map(action))),
      (name: "reconciles", value: .list(manifest.reconciles.map(reconcile))),
      (name: "records", value: .strings(manifest.records)),
      (name: "secrets", value: .strings(manifest.secrets)),
    ]
  }

  private static func action(_ action: ManifestAction) -> JSONText {
    [
      "name": .string(action.name),
      "title": .string(action.title),
      "description": .string(action.description),
      "repeat": .string(action.repeatRule.name),
      "deadline_ms": .integer(action.deadlineMilliseconds),
      "cleanup_ms": .integer(action.cleanupMilliseconds),
      "grace_ms": .integer(action.graceMilliseconds),
      "parameters": .verbatim(action.parameters.source.text),
      "result": .verbatim(action.result.source.text),
    ]
  }

  private static func reconcile(_ entry: ManifestReconcile) -> JSONText {
    [
      "name": .string(entry.name),
      "title": .string(entry.title),
      "description": .string(entry.description),
      "reconciles": .strings(entry.actions),
      "deadline_ms": .integer(entry.deadlineMilliseconds),
      "cleanup_ms": .integer(entry.cleanupMilliseconds),
      "grace_ms": .integer(entry.graceMilliseconds),
    ]
  }

  /// Each action with its rules, the table of its parameters and the fields of its result.
  static func lines(_ manifest: Manifest, width: Int?, colour: Bool) -> [String] {
    manifest.actions.flatMap { action -> [String] in
      var lines = ["", Style.bold.apply(SafeText.escape(action.name), colour: colour) + "  " + title(action)]
      lines += SafeText.lines(action.description).map { "  " + $0 }
      lines.append("  repeat " + action.repeatRule.name + rules(action))
      let parameters = ParameterTable.rows(action.parameters)
      if parameters.isEmpty {
        lines.append("  no parameters")
      } else {
        lines += table(parameters, width, colour)
      }
      let results = ParameterTable.rows(action.result).map(\.path)
      if !results.isEmpty { lines.append("  result: " + SafeText.escape(results.joined(separator: ", "))) }
      if let entry = manifest.reconcile(of: action.name) {
        lines.append("  when lost: asked for by " + SafeText.escape(entry.name))
      }
      return lines
    }
  }

  private static func title(_ action: ManifestAction) -> String {
    action.title == action.name ? "" : SafeText.escape(action.title)
  }

  private static func rules(_ action: ManifestAction) -> String {
    let deadline =
      action.deadlineMilliseconds > 0
      ? "deadline " + DurationText.text(milliseconds: action.deadlineMilliseconds) : "no deadline"
    return ", " + deadline + ", clean-up " + DurationText.text(milliseconds: action.cleanupMilliseconds)
      + ", grace "
      + DurationText.text(milliseconds: action.graceMilliseconds)
  }

  private static func table(_ rows: [ParameterTable.Row], _ width: Int?, _ colour: Bool) -> [String] {
    ParameterTable.table(rows).lines(width: width.map { $0 - 2 }, colour: colour).map { "  " + $0 }
  }
}
