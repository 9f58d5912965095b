import Glibc

/// Paths as text.
package enum FolderPath {
  /// With the current folder before it when it is relative. The current folder is told without links, so `..` at the
  /// start of the path takes a name off it; nothing else is resolved.
  package static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    var folder = String(cString: current)
    var rest = path.split(separator: "/")[...]
    while let name = rest.first, name == "." || name == ".." {
      rest = rest.dropFirst()
      if name == ".." { folder = parent(of: folder) }
    }
    return rest.isEmpty ? folder : (folder == "/" ? "" : folder) + "/" + rest.joined(separator: "/")
  }

  /// Without its last name: "/" stays.
  package static func parent(of path: String) -> String {
    guard let end = path.lastIndex(of: "/"), end != path.startIndex else { return "/" }
    return String(path[..<end])
  }
}
