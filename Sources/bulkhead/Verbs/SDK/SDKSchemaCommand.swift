import ArgumentParser

struct SDKSchemaCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of a plug-in's manifest.",
    discussion: """
      An editor that knows the schema completes manifest.json and marks what is wrong in it: save the schema beside it \
      and begin the manifest with "$schema": "./manifest.schema.json".

      Example:
        bulkhead sdk schema > manifest.schema.json

      With --json: the same; the schema is JSON.

      Exit codes: 0 done, 64 wrong use, 70 fault of bulkhead.
      """)

  @Flag(help: "Changes nothing: what is printed is JSON.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    for line in SDKFiles.manifestSchema.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      Terminal.output.line(String(line))
    }
  }
}
