import TestSupport

/// The dynamic symbols of a shared object.
enum Symbols {
  static func exported(by file: String) throws -> [String] { try list(file, "--defined-only") }
  static func imported(by file: String) throws -> [String] { try list(file, "--undefined-only") }

  private static func list(_ file: String, _ which: String) throws -> [String] {
    let run = try ToolRun(["nm", "-D", "-P", which, file])
    guard run.status == 0 else { throw ToolFailure(run.output) }
    return run.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
  }
}
