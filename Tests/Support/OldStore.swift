import Foundation
import SQLiteStorage
import Storage

/// The store of an older version that is kept in the repository.
package enum OldStore {
  package static let path = PackageRoot.path + "/Tests/Golden/stores/schema-1.db"
  /// Where the jobs in it write what they saw, as it was on the machine that made it.
  private static let itsFolder = "/tmp/bh-store/g"

  /// Copies it to `target`; its jobs write into `folder`.
  package static func copy(to target: String, folder: String) throws {
    try FileManager.default.copyItem(atPath: path, toPath: target)
    let connection = try SQLiteConnection(path: target)
    defer { connection.close() }
    try connection.run(
      "update job_spec set params = replace(params, $1, $2)", [.text(itsFolder), .text(folder)])
  }
}
