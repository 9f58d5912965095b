/// Why a plug-in, or all of them, could not be loaded: one sentence and what to do.
package struct PluginError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String
  package let cure: String

  package init(_ message: String, cure: String) {
    self.message = message
    self.cure = cure
  }

  init(_ subject: String, _ objection: Objection) {
    self.init(subject + ": " + objection.rule, cure: objection.cure)
  }

  package var description: String { Objection.joined(message, cure) }
}
