import Glibc

/// Paths as text.
package enum FolderPath {
  /// With the current folder before it when it is relative. Nothing is resolved.
  package static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  /// Without its last name: "/" stays.
  package static func parent(of path: String) -> String {
    guard let end = path.lastIndex(of: "/"), end != path.startIndex else { return "/" }
    return String(path[..<end])
  }
}
