import Glibc

/// The libraries of a plug-in that is a folder: some came along, the others are the system's.
extension LibraryPath {
  /// Every library is found, those in the folder are ones that can be loaded beside what is loaded already. `root` is the
  /// private copy; `file` is what its `NAME.so` says. The hash of each library that came along, by the name that the loader knows
  /// it under.
  @discardableResult
  package func checkTree(_ file: ELFFile, _ root: String, _ rules: FileRules) throws(Objection) -> [String:
    String]
  {
    var bundled: [String: String] = [:]
    var waiting: [(file: ELFFile, place: String)] = [(file, "")]
    while let (file, place) = waiting.popLast() {
      let folders = try ownFolders(file, place)
      // One with a slash is a path, which the loader does not look for in these folders.
      for name in file.needed where bundled[name] == nil && !name.contains("/") {
        guard let found = folders.first(where: { access("\(root)/\($0)/\(name)", F_OK) == 0 }) else {
          continue
        }
        let library = try open(root, found.isEmpty ? name : found + "/" + name, name)
        bundled[library.file.soname ?? name] = library.sha256
        bundled[name] = library.sha256
        waiting.append((library.file, found))
      }
      // What is left has to be the system's, or be loaded by then by the name that it is asked for.
      try check(file, besides: Set(bundled.keys), rules)
    }
    return bundled
  }

  /// Folders below the root that the file's RUNPATH means.
  private func ownFolders(_ file: ELFFile, _ place: String) throws(Objection) -> [String] {
    var folders: [String] = []
    for entry in file.runPath where entry.hasPrefix("$ORIGIN") || entry.hasPrefix("${ORIGIN}") {
      var parts = place.split(separator: "/")
      for part in entry.drop(while: { $0 != "/" }).split(separator: "/") where part != "." {
        guard part == ".." else {
          parts.append(part)
          continue
        }
        guard parts.popLast() != nil else {
          throw Objection(
            "its RUNPATH \"\(entry)\" leads out of its folder", cure: "keep its libraries below the folder")
        }
      }
      folders.append(parts.joined(separator: "/"))
    }
    return folders
  }

  private func open(
    _ root: String, _ path: String, _ name: String
  ) throws(Objection) -> (file: ELFFile, sha256: String) {
    let descriptor = Glibc.open(root + "/" + path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileRules.unreadable(path, errno) }
    defer { close(descriptor) }
    let file: ELFFile
    do {
      file = try ELFFile(ByteSource(descriptor: descriptor))
      try PluginFacts.checkForm(file)
    } catch {
      throw Objection("it brings \(path), and of that holds: \(error.rule)", cure: error.cure)
    }
    let known = file.soname ?? name
    if isLoaded(known) {
      throw Objection(
        "it brings its own \(known), and the worker itself has loaded another one: the loader would take that",
        cure:
          "leave it out and use the system's, link it statically, or give it a name of its own (\"patchelf --set-soname\")"
      )
    }
    guard let digest = SHA256Digest.ofFile(descriptor) else { throw FileRules.unreadable(path, EIO) }
    return (file, digest.hex)
  }
}
