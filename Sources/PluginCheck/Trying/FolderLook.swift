import Foundation

/// What stood in a folder at one time.
struct FolderLook {
  /// More than this is not looked at: a check's own folder has a handful of files.
  private static let limit = 10_000

  private let path: String
  private let names: Set<String>

  init(_ path: String) {
    self.path = path
    names = Self.names(in: path)
  }

  /// What has come since, as paths inside the folder; it is removed, so that the next run finds the folder as this one
  /// did.
  func takeNew() -> [String] {
    let new = Self.names(in: path).subtracting(names).sorted()
    for name in new { try? FileManager.default.removeItem(atPath: path + "/" + name) }
    return new
  }

  private static func names(in path: String) -> Set<String> {
    var found: Set<String> = []
    guard let all = FileManager.default.enumerator(atPath: path) else { return [] }
    for case let name as String in all {
      found.insert(name)
      if found.count >= limit { break }
    }
    return found
  }
}
