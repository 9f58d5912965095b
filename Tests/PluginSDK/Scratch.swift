import Foundation
import TestSupport

/// An empty folder that is gone when its owner is.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "bulkhead-sdk-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    return file
  }

  /// Copies files of the package here.
  func copy(_ files: String...) throws {
    for file in files {
      let name = URL(fileURLWithPath: file).lastPathComponent
      try FileManager.default.copyItem(atPath: Sample.root + "/" + file, toPath: path + "/" + name)
    }
  }

  /// Runs a tool in this folder.
  func run(_ arguments: [String]) throws -> ToolRun { try ToolRun(arguments, in: path) }
}
