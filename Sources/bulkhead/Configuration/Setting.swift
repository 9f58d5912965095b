import DataModel

/// One setting: its name in the file (`worker.slots`), what it means, and how it becomes part of the configuration. Its
/// variable in the environment is derived from the name.
struct Setting: Sendable {
  let name: String
  /// The option of `serve` that sets it, without dashes; nil when there is none.
  var option: String?
  /// What may be written, for people: `1 to 100000`.
  let values: String
  let help: String
  /// An example for the file.
  let example: String
  /// Says what is wrong with the value, nil when it was taken.
  let take: @Sendable (ConfigurationTree, inout EngineConfiguration) -> String?
  /// The value in force, as it would be written.
  let show: @Sendable (EngineConfiguration) -> String

  /// `BULKHEAD_WORKER_SLOTS`.
  var variable: String { "BULKHEAD_" + name.uppercased().replacing(".", with: "_") }
}

extension Setting {
  /// A setting of one text.
  static func text(
    _ name: String, option: String? = nil, values: String, help: String, example: String,
    show: @escaping @Sendable (EngineConfiguration) -> String,
    take: @escaping @Sendable (String, inout EngineConfiguration) -> String?
  ) -> Setting {
    Setting(
      name: name, option: option, values: values, help: help, example: example,
      take: { tree, configuration in
        guard case .text(let text) = tree else { return "has to be one value: \(values)" }
        return take(text, &configuration)
      }, show: show)
  }

  /// A setting that is read to a value of its own kind.
  static func parsed<Value: Sendable>(
    _ name: String, option: String? = nil, values: String, help: String, example: String,
    _ path: any WritableKeyPath<EngineConfiguration, Value> & Sendable,
    read: @escaping @Sendable (String) -> Value?, write: @escaping @Sendable (Value) -> String
  ) -> Setting {
    .text(
      name, option: option, values: values, help: help, example: example,
      show: { write($0[keyPath: path]) },
      take: { text, configuration in
        guard let value = read(text) else { return "\"\(text)\" is not possible: \(values)" }
        configuration[keyPath: path] = value
        return nil
      })
  }

  /// A setting of several texts: a list in the file, separated by commas elsewhere.
  static func list(
    _ name: String, values: String, help: String, example: String,
    _ path: any WritableKeyPath<EngineConfiguration, Set<String>> & Sendable,
    check: @escaping @Sendable (String) -> Bool
  ) -> Setting {
    Setting(
      name: name, values: values, help: help, example: example,
      take: { tree, configuration in
        guard let texts = tree.texts else { return "has to be a list: \(values)" }
        if let bad = texts.first(where: { !check($0) }) { return "\"\(bad)\" is not possible: \(values)" }
        configuration[keyPath: path] = Set(texts)
        return nil
      }, show: { $0[keyPath: path].isEmpty ? "none" : $0[keyPath: path].sorted().joined(separator: ", ") })
  }
}

extension ConfigurationTree {
  /// The texts of a list, or of one text with commas; nil for anything else.
  var texts: [String]? {
    switch self {
    case .text(let text):
      return text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    case .list(let values):
      let texts = values.compactMap { value -> String? in
        if case .text(let text) = value.tree { text } else { nil }
      }
      return texts.count == values.count ? texts : nil
    case .map: return nil
    }
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
