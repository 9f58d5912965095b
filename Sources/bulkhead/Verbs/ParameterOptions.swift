import ArgumentParser
import JobEngine

/// How a job's parameters are given on the command line.
struct ParameterOptions: ParsableArguments {
  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp(
      "A parameter; dots reach into objects (disk.size=20). Repeat it for a list, or give JSON: 'x=[\"a\",\"b\"]'.",
      valueName: "name=value"),
    transform: Self.assignment)
  var param: [Assignment] = []

  @Option(help: ArgumentHelp("All parameters as a JSON object; --param goes over it.", valueName: "json"))
  var paramsJson: String?

  @Option(help: ArgumentHelp("A file with the JSON object; - is the standard input.", valueName: "file"))
  var paramsFile: String?

  struct Assignment: Sendable {
    let name: String
    let text: String
  }

  func validate() throws {
    if paramsJson != nil, paramsFile != nil {
      throw ValidationError("--params-json and --params-file exclude each other: give one of them")
    }
  }

  var assignments: [(name: String, text: String)] { param.map { (name: $0.name, text: $0.text) } }

  /// The JSON object to start from, nil when none was given.
  func json() throws(EngineError) -> String? {
    guard let paramsFile else { return paramsJson }
    return try TextFile.read(paramsFile)
  }

  static func assignment(_ text: String) throws -> Assignment {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw ValidationError("\"\(SafeText.escape(text))\" is no parameter: write NAME=VALUE")
    }
    return Assignment(name: String(parts[0]), text: String(parts[1]))
  }
}
