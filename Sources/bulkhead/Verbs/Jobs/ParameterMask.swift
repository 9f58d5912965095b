import DataModel
import JobEngine
import Storage

/// Keeps passwords off screens: a parameter whose schema says `"format": "password"` is printed as `***`.
enum ParameterMask {
  private static let mask = JSONValue.string("***")

  /// The actions whose schemas say what is a password. Ask for it before waiting: the engine may go away.
  static func catalogue(over connection: EngineConnection) throws(EngineError) -> ActionCatalogue {
    ActionCatalogue(try connection.client.plugins())
  }

  /// The job's parameters as they may be shown. Without a known schema nothing is told apart.
  static func params(of job: JobRow, catalogue: ActionCatalogue) -> String {
    let schemas = catalogue.entries.filter { $0.kind == job.kind }.map(\.action.parameters)
    guard !schemas.isEmpty, var value = try? JSONValue(parsing: job.params) else { return job.params }
    for schema in schemas { value = masked(value, schema) }
    return value.text
  }

  static func masked(_ value: JSONValue, _ schema: ParameterSchema) -> JSONValue {
    if schema.format == .password { return mask }
    switch value {
    case .object(let members):
      var shown = members
      for (name, property) in schema.properties {
        if let member = members[name] { shown[name] = masked(member, property) }
      }
      return .object(shown)
    case .array(let elements):
      guard case .each(let item) = schema.items else { return value }
      return .array(elements.map { masked($0, item) })
    default: return value
    }
  }
}
