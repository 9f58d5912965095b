import DataModel
import JobEngine

/// The C header of a plug-in's parameters: a struct and a reader an action. It compiles without a warning as C11 to
/// C++20, whatever the manifest's texts are.
struct CHeader {
  let text: String
  /// What it has for each action, as `--json` prints it.
  let actions: JSONText

  /// Refused when two names of the manifest become one C name. `file` is where the manifest was read, for messages.
  init(_ manifest: Manifest, from file: String) throws(EngineError) {
    let plugin = CName.part(manifest.id)
    let guardName = "BULKHEAD_PARAMS_OF_\(plugin.uppercased())_H"
    var lines: [String] = []
    lines += CComment.lines(
      "Parameters of \(manifest.id) \(manifest.version), made by `bulkhead sdk header` from its manifest. Do not edit.",
      opening: "/*")
    lines += ["#ifndef \(guardName)", "#define \(guardName)", ""]
    lines += ["#include <bulkhead/bulkhead.h>", "#include <bulkhead/ext/params.h>", ""]
    var documents: [JSONText] = []
    var taken: [String: String] = [:]
    for action in manifest.actions {
      let name = "\(plugin)_\(CName.part(action.name))_params"
      if let other = taken.updateValue(action.name, forKey: name) {
        throw Self.clash(file, "the actions \(other) and \(action.name)", name)
      }
      let fields = CField.fields(action.parameters)
      try Self.check(fields, file, action.name)
      let isReadable = fields.contains(where: \.isReadable)
      lines += Self.head(action, fields)
      if isReadable { lines += Self.structure(name, fields) + CReader.lines(name, fields) }
      documents.append([
        "name": .string(action.name), "struct": isReadable ? .string(name) : .null,
        "reader": isReadable ? .string(name + "_read") : .null,
      ])
    }
    lines.append("#endif")
    text = lines.joined(separator: "\n") + "\n"
    actions = .list(documents)
  }

  private static func clash(_ file: String, _ what: String, _ name: String) -> EngineError {
    EngineError(
      .refused, "\(file): \(what) would both be \(name) in C", cure: "rename one of them in the manifest")
  }

  /// No two members of one struct have a name.
  private static func check(_ fields: [CField], _ file: String, _ action: String) throws(EngineError) {
    var taken: [String: String] = [:]
    for field in fields where field.isReadable {
      for name in field.isAlwaysThere ? [field.name] : [field.name, "has_" + field.name] {
        if let other = taken.updateValue(field.path, forKey: name) {
          throw clash(file, "the parameters \(other) and \(field.path) of \(action)", name)
        }
      }
      if case .group(let inner) = field.kind { try check(inner, file, action) }
    }
  }

  private static func head(_ action: ManifestAction, _ fields: [CField]) -> [String] {
    let texts = [action.title == action.name ? "" : action.title, action.description]
    var about = texts.filter { !$0.isEmpty }.map { $0.last == "." ? $0 : $0 + "." }
    if !fields.contains(where: \.isReadable) {
      about.append(
        fields.isEmpty
          ? "It takes no parameters." : "No parameter of it can be a member: read bh_params_json.")
    }
    let rule = "/* " + String(repeating: "-", count: 66) + " " + action.name + " */"
    let comment = CComment.lines(about.joined(separator: " "), opening: "/*")
    return [rule, ""] + (comment.isEmpty ? [] : comment + [""])
  }

  private static func structure(_ name: String, _ fields: [CField]) -> [String] {
    ["typedef struct \(name) {"] + members(fields, indent: "  ") + ["} \(name);", ""]
  }

  private static func members(_ fields: [CField], indent: String) -> [String] {
    fields.flatMap { field -> [String] in
      guard field.isReadable else {
        let how =
          field.isList
          ? "read its items as \"\(field.path)/0\", count them with bh_param_count"
          : "read it from bh_params_json"
        let hint = "\(field.path): no member, \(how). " + field.about
        return CComment.lines(hint, opening: "/*", indent: indent)
      }
      var lines = CComment.lines(field.about, opening: "/**", indent: indent)
      switch field.kind {
      case .text: lines.append(indent + "bh_str \(field.name);")
      case .integer: lines.append(indent + "int64_t \(field.name);")
      case .real: lines.append(indent + "double \(field.name);")
      case .boolean: lines.append(indent + "int32_t \(field.name); /**< 0 or 1 */")
      case .group(let inner):
        lines += [indent + "struct {"] + members(inner, indent: indent + "  ") + [indent + "} \(field.name);"]
      case .unreadable: break
      }
      if !field.isAlwaysThere {
        lines.append(indent + "int32_t has_\(field.name); /**< 0: \(field.name) was not given */")
      }
      return lines
    }
  }
}

/// Texts of a manifest inside C comments: nothing in them ends the comment or makes a compiler warn.
enum CComment {
  private static let width = 110

  static func lines(_ text: String, opening: String, indent: String = "") -> [String] {
    guard !text.isEmpty else { return [] }
    var lines: [String] = []
    var line = indent + opening
    for word in clean(text).split(separator: " ") {
      if line.count + 1 + word.count > width, line.count > indent.count + opening.count {
        lines.append(line)
        line = indent + String(repeating: " ", count: opening.count)
      }
      line += " " + word
    }
    return lines + [line + " */"]
  }

  private static func clean(_ text: String) -> String {
    var clean = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
        clean += " "
      default: clean.unicodeScalars.append(scalar)
      }
    }
    clean = clean.replacing("*/", with: "* /").replacing("/*", with: "/ *")
    while clean.contains("??") { clean = clean.replacing("??", with: "? ?") }
    return clean
  }
}
