/// What is wrong with a manifest and where: `actions[0].parameters.properties.size.minimum`. The path is
/// empty when the text as a whole is meant.
package struct ManifestError: Error, Sendable, Equatable, CustomStringConvertible {
  package let path: String
  package let message: String

  package init(path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { path.isEmpty ? message : path + ": " + message }
}
