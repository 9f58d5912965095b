import ArgumentParser
import Foundation
import Glibc
import JobEngine
import Storage

struct StoreBackupCommand: StoreFileVerb {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Make a whole, checked copy of the store while it is in use.",
    discussion: """
      The engine writes the copy, so the path is one of its machine; jobs go on meanwhile. While no engine serves the \
      store this command makes the copy itself. A copy is a store like any other: to restore it, stop the engine, \
      remove the store with its -wal and -shm files, and put the copy in its place.

      Example:
        bulkhead store backup /backup/jobs-monday.db

      With --json: {"path","problems":[],"schema","jobs","bytes"}.

      Exit codes: 0 done, 6 no such store, 7 refused (the file is there already, no space, a damaged store), 64 wrong \
      use, 70 fault of bulkhead.
      """)

  @Argument(help: ArgumentHelp("The file to make; none may be there.", valueName: "file")) var file: String
  @OptionGroup var engine: EngineOptions

  func act() throws {
    let folder = FileManager.default.currentDirectoryPath
    let path = file.hasPrefix("/") ? file : folder + "/" + file
    let report = try perform(
      served: { try $0.backUp(to: path) },
      alone: { location in
        let unfinished = StoreFile.unfinishedCopy(path)
        if !FileManager.default.fileExists(atPath: unfinished) { Interrupts.handle { unlink(unfinished) } }
        return try StoreFile.backUp(location, to: path)
      })
    if engine.json {
      Terminal.output.line(StoreText.document(report, path: path).text)
    } else {
      Terminal.output.line(
        "\(SafeText.escape(path)): \(report.jobs) jobs, \(StoreText.size(report.bytes)), checked")
    }
  }
}
