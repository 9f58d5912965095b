/// The stated subset of JSON Schema that parameters and results are described with: `type` (one name),
/// `properties`, `required`, `additionalProperties` (true or false; false unless said), `enum`, `const`,
/// `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength`, `pattern`,
/// `format`, `items`, `minItems`, `maxItems`, `default`, `title`, `description`, `x-bulkhead-options`. Any
/// other keyword is refused when the manifest is read, so that no rule is ever silently not applied.
package struct ParameterSchema: Sendable, Equatable {
  package enum ValueType: String, Sendable, CaseIterable {
    /// No `type` was given: every value is right.
    case any
    case null, boolean, integer, number, string, array, object
  }

  /// What each element of a list has to be.
  package indirect enum ItemRule: Sendable, Equatable {
    case any
    case each(ParameterSchema)
  }

  package internal(set) var type: ValueType = .any
  package internal(set) var title: String?
  package internal(set) var description: String?
  package internal(set) var properties: [String: ParameterSchema] = [:]
  package internal(set) var required: [String] = []
  /// Members that `properties` does not name are taken as they are.
  package internal(set) var allowsOthers = false
  package internal(set) var items = ItemRule.any
  package internal(set) var itemCount = CountRule()
  /// In Unicode scalars.
  package internal(set) var length = CountRule()
  /// Integers or reals.
  package internal(set) var minimum: JSONValue?
  package internal(set) var maximum: JSONValue?
  package internal(set) var exclusiveMinimum: JSONValue?
  package internal(set) var exclusiveMaximum: JSONValue?
  /// Found anywhere in the text unless it has `^` and `$`.
  package internal(set) var pattern: String?
  package internal(set) var format: TextFormat?
  package internal(set) var choices: [JSONValue]?
  package internal(set) var constant: JSONValue?
  package internal(set) var defaultValue: JSONValue?
  /// Where a form gets its choices; the engine passes it on.
  package internal(set) var options: JSONValue?
  /// The schema as it was written.
  package internal(set) var source: JSONValue = .object([:])

  /// A range of counts.
  package struct CountRule: Sendable, Equatable {
    package internal(set) var minimum: Int64?
    package internal(set) var maximum: Int64?
  }
}

/// One thing that is wrong with a value, for people: the field's path (`disks[0].size`, empty for the whole)
/// and what was expected.
package struct ParameterProblem: Error, Sendable, Equatable, CustomStringConvertible {
  package let path: String
  package let message: String

  package init(path: String, message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { path.isEmpty ? message : path + ": " + message }
}
