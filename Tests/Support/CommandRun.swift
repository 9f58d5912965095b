import Foundation

/// One run of the built command to its end: what it printed and how it ended.
package struct CommandRun {
  package let exitCode: Int32
  package let output: String
  package let errors: String

  /// Blocks: call it from a thread of its own.
  package init(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: RunningEngine.executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let files = try (0..<2).map { _ in try Self.temporaryFile() }
    defer { files.forEach { try? FileManager.default.removeItem(atPath: $0) } }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files[0]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
    let pipe = Pipe()
    process.standardInput = input == nil ? FileHandle.nullDevice : pipe
    try process.run()
    if let input {
      try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try pipe.fileHandleForWriting.close()
    }
    process.waitUntilExit()
    exitCode = process.terminationStatus
    output = try String(contentsOfFile: files[0], encoding: .utf8)
    errors = try String(contentsOfFile: files[1], encoding: .utf8)
  }

  private static func temporaryFile() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/bulkhead-" + UUID().uuidString
    try Data().write(to: URL(fileURLWithPath: path))
    return path
  }
}
