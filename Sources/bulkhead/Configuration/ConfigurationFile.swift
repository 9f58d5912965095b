import Foundation
import Yams

/// The configuration file: YAML, because its reader says line and column of every value.
enum ConfigurationFile {
  /// Far more than any configuration has.
  static let sizeLimit = 1 << 20
  /// Values, those that an alias stands for counted at each of its places: a short text can say very many by them.
  private static let valueLimit = 100_000
  /// Taken when nobody names one and it is there.
  static let usual = ["bulkhead.yaml", "/etc/bulkhead/bulkhead.yaml"]

  /// The file to read: named, else $BULKHEAD_CONFIG, else the first of the usual ones; nil when there is none.
  static func choose(named: String?) -> String? {
    if let named { return named }
    if let path = Environment["BULKHEAD_CONFIG"], !path.isEmpty { return path }
    return usual.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The values of the file, in its order. An empty file has none.
  static func read(_ path: String) throws(ConfigurationError) -> [ConfigurationTree.Member] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw problem(
        path,
        "cannot be read: \(FileManager.default.fileExists(atPath: path) ? "not allowed" : "no such file")")
    }
    guard data.count <= sizeLimit else {
      throw problem(path, "has \(data.count) bytes; a configuration has at most \(sizeLimit)")
    }
    guard let text = String(data: data, encoding: .utf8) else { throw problem(path, "is not UTF-8 text") }
    return try parse(text, path: path)
  }

  static func parse(_ text: String, path: String) throws(ConfigurationError) -> [ConfigurationTree.Member] {
    let root: Node?
    do {
      root = try Parser(yaml: text, resolver: .basic).singleRoot()
    } catch {
      throw ConfigurationError([fault(error, path)])
    }
    guard let root else { return [] }
    switch root {
    case .mapping(let mapping):
      var left = valueLimit
      return try members(mapping, path, depth: 0, &left)
    case .scalar(let scalar) where scalar.string.isEmpty: return []
    default: throw problem(path, "has to be a map of settings, such as \"store: sqlite:./bulkhead.db\"")
    }
  }

  private static func members(
    _ mapping: Node.Mapping, _ path: String, depth: Int, _ left: inout Int
  ) throws(ConfigurationError) -> [ConfigurationTree.Member] {
    var members: [ConfigurationTree.Member] = []
    for (key, node) in mapping {
      guard let name = key.scalar?.string else {
        throw ConfigurationError([at(key, path, "a name has to be a word")])
      }
      // A key without a value says nothing: the default stays.
      if let scalar = node.scalar, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
        continue
      }
      members.append(.init(name: name, value: try value(node, path, depth: depth + 1, &left)))
    }
    return members
  }

  private static func value(
    _ node: Node, _ path: String, depth: Int, _ left: inout Int
  ) throws(ConfigurationError) -> ConfigurationValue {
    left -= 1
    guard left > 0 else {
      throw ConfigurationError([at(node, path, "more than \(valueLimit) values stand here and before")])
    }
    guard depth < 8 else { throw ConfigurationError([at(node, path, "is nested deeper than any setting")]) }
    let mark = node.mark
    let origin = ConfigurationOrigin.file(path, mark?.line ?? 1, mark?.column ?? 1)
    switch node {
    case .scalar(let scalar): return ConfigurationValue(.text(scalar.string), origin)
    case .mapping(let mapping):
      return ConfigurationValue(.map(try members(mapping, path, depth: depth, &left)), origin)
    case .sequence(let nodes):
      var values: [ConfigurationValue] = []
      for node in nodes { values.append(try value(node, path, depth: depth + 1, &left)) }
      return ConfigurationValue(.list(values), origin)
    case .alias: throw ConfigurationError([at(node, path, "aliases are not taken; write the value")])
    }
  }

  private static func at(_ node: Node, _ path: String, _ message: String) -> ConfigurationProblem {
    ConfigurationProblem(place: node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path, message: message)
  }

  /// The parser's fault as one line with its place.
  private static func fault(_ error: any Error, _ path: String) -> ConfigurationProblem {
    guard let error = error as? YamlError else {
      return ConfigurationProblem(place: path, message: "\(error)")
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let words = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
      return ConfigurationProblem(
        place: "\(path):\(mark.line):\(mark.column)", message: "it is not YAML: " + words)
    case .duplicatedKeysInMapping(let names, let context):
      let names = names.map { "\"\($0)\"" }.joined(separator: ", ")
      return ConfigurationProblem(
        place: "\(path):\(context.mark.line):\(context.mark.column)",
        message: "\(names) is given twice in one map")
    default:
      let text = "\(error)".split(whereSeparator: \.isNewline).first.map(String.init) ?? "it is not YAML"
      return ConfigurationProblem(place: path, message: text)
    }
  }

  private static func problem(_ path: String, _ message: String) -> ConfigurationError {
    ConfigurationError([ConfigurationProblem(place: path, message: message)])
  }
}
