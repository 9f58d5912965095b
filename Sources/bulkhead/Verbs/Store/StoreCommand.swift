import ArgumentParser
import Foundation
import JobEngine
import Storage

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Copy the store, check it.",
    discussion: """
      Examples:
        bulkhead store backup /backup/jobs.db
        bulkhead store check
      """,
    subcommands: [StoreBackupCommand.self, StoreCheckCommand.self])
}

/// A verb about the store's file: the engine does it, or, while none serves, this process under the store's lock.
protocol StoreFileVerb: EngineVerb {}

extension StoreFileVerb {
  func perform<R>(
    served: (EngineConnection) throws -> R, alone: (StoreLocation) throws -> R
  ) throws -> R {
    do {
      return try served(connect())
    } catch let error as EngineError where error.code == .noEngine {
      let location = try StoreLocation(engine.location())
      guard FileManager.default.fileExists(atPath: location.path) else {
        throw EngineError(
          .notFound, "there is no store \(location.path)", cure: "name it with --store sqlite:PATH")
      }
      let lock = try StoreLock(location)
      return try withExtendedLifetime(lock) { try alone(location) }
    }
  }
}

/// A report in words.
enum StoreText {
  static func size(_ bytes: Int64) -> String {
    bytes < 1 << 20 ? "\(max(1, bytes >> 10)) KiB" : "\(bytes >> 20) MiB"
  }

  /// What to do about a damaged store.
  static func restore(_ path: String) -> String {
    "remove \(path) with its -wal, -shm and .damaged files, and put a copy made by `bulkhead store backup` in its place"
  }

  static func document(_ report: StoreReport, path: String) -> JSONText {
    [
      "path": .string(path), "problems": .strings(report.problems), "schema": .integer(report.schema),
      "jobs": .integer(Int64(report.jobs)), "bytes": .integer(report.bytes),
    ]
  }
}
