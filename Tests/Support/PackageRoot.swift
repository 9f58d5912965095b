import Foundation

/// The folder of Package.swift, found from this file.
package enum PackageRoot {
  package static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
}
