import Glibc

/// Plug-ins that are folders: copied whole to `HASH/`, so that `$ORIGIN` leads to the libraries that came along.
extension PluginImageCache {
  /// Copies a folder `NAME` and hashes the very bytes that are copied, with their paths. Nil when something changed
  /// meanwhile: let it settle and ask again. The image's path is that of `NAME.so` in the copy.
  package func takeTree(_ source: String, name: String, rules: FileRules) throws(Objection) -> Image? {
    let before = FileSignature.ofPlugin(source)
    let tree = try PluginTree(source, rules: rules)
    guard tree.entries.contains(PluginTree.Entry(path: name + ".so", kind: .file)) else {
      throw Objection(
        "it is a folder without \(name).so",
        cure: "put the plug-in there as \(name)/\(name).so, its libraries below")
    }
    let temporary = nextTemporary()
    try makeFolder(temporary)
    defer { FolderListing.removeTree(temporary) }
    var digest = TreeDigest()
    for entry in tree.entries {
      try copy(entry, from: source, to: temporary, rules, &digest)
    }
    guard before != nil, before == FileSignature.ofPlugin(source) else { return nil }
    guard let sha256 = digest.hex() else {
      throw Objection("it could not be read to its end", cure: "copy it here again")
    }
    return try keepTree(temporary, sha256, name)
  }

  private func keepTree(_ temporary: String, _ sha256: String, _ name: String) throws(Objection) -> Image {
    let place = folder + "/" + sha256
    let path = place + "/" + name + ".so"
    if Self.holds(path, sha256) { return Image(sha256: sha256, path: path, isNew: false) }
    // A damaged copy is put aside, never written over: a worker may have it mapped.
    if FileSignature(path: place) != nil, rename(place, nextTemporary()) != 0 { throw Self.cannotCopy() }
    guard rename(temporary, place) == 0 else { throw Self.cannotCopy() }
    syncFolder()
    return Image(sha256: sha256, path: path, isNew: true)
  }

  private func copy(
    _ entry: PluginTree.Entry, from source: String, to target: String, _ rules: FileRules,
    _ digest: inout TreeDigest
  ) throws(Objection) {
    let copy = target + "/" + entry.path
    switch entry.kind {
    case .folder:
      try makeFolder(copy)
      digest.addFolder(entry.path)
    case .link(let name):
      guard symlink(name, copy) == 0 else { throw Self.cannotCopy() }
      digest.addLink(entry.path, name)
    case .file:
      let descriptor = try rules.open(source + "/" + entry.path)
      defer { close(descriptor) }
      let file = try copyFile(descriptor, to: copy)
      digest.addFile(entry.path, file.hex, file.size)
      guard digest.bytes <= PluginTree.byteLimit else {
        throw Objection(
          "it has more than \(PluginTree.byteLimit >> 20) MiB in all", cure: "leave out what it does not need"
        )
      }
    }
  }

  /// Others may read what is in it, if they get there: the trial child is given the open folder. Nobody gets there
  /// through the cache, which is its owner's alone.
  private func makeFolder(_ path: String) throws(Objection) {
    guard mkdir(path, 0o700) == 0, chmod(path, 0o755) == 0 else { throw Self.cannotCopy() }
  }

  private func copyFile(_ descriptor: Int32, to path: String) throws(Objection) -> (hex: String, size: Int64)
  {
    let copy = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard copy >= 0 else { throw Self.cannotCopy() }
    defer { close(copy) }
    var writeError: Int32 = 0
    let digest = SHA256Digest.ofFile(descriptor) { piece in
      if Self.write(piece, to: copy) { return true }
      writeError = errno
      return false
    }
    guard let digest, writeError == 0, fchmod(copy, 0o444) == 0, fsync(copy) == 0 else {
      if writeError != 0 { errno = writeError }
      throw Self.cannotCopy()
    }
    return digest
  }

  /// Whether a copied folder has the content that its name says.
  static func holdsTree(_ place: String, _ sha256: String) -> Bool {
    (try? PluginContent.hash(ofFolder: place, FileRules())) == sha256
  }
}

/// The hash that names a plug-in: of a file its SHA-256, of a folder that of all its paths and contents.
package enum PluginContent {
  /// Reads the file or folder where it stands; throws what cannot be read or be part of a plug-in.
  package static func hash(of path: String) throws(Objection) -> String {
    let absolute = FolderPath.absolute(path)
    if FileSignature(path: absolute)?.isFolder == true { return try hash(ofFolder: absolute, FileRules()) }
    return try hash(ofFile: absolute).hex
  }

  static func hash(ofFolder place: String, _ rules: FileRules) throws(Objection) -> String {
    let tree = try PluginTree(place, rules: rules)
    var digest = TreeDigest()
    for entry in tree.entries {
      switch entry.kind {
      case .folder: digest.addFolder(entry.path)
      case .link(let name): digest.addLink(entry.path, name)
      case .file:
        let file = try hash(ofFile: place + "/" + entry.path)
        digest.addFile(entry.path, file.hex, file.size)
      }
    }
    guard let hex = digest.hex() else { throw FileRules.unreadable(place, EIO) }
    return hex
  }

  private static func hash(ofFile path: String) throws(Objection) -> (hex: String, size: Int64) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileRules.unreadable(path, errno) }
    defer { close(descriptor) }
    guard FileSignature.isRegular(descriptor: descriptor), let digest = SHA256Digest.ofFile(descriptor) else {
      throw Objection("\(path) is no file that can be read", cure: "name a plug-in's .so file or folder")
    }
    return digest
  }
}

/// The hash of a folder: of a line for each entry, in the order of paths, that says kind, path and content.
private struct TreeDigest {
  private var lines: [String] = []
  private(set) var bytes: Int64 = 0

  mutating func addFolder(_ path: String) { lines.append("folder \(path)") }
  mutating func addLink(_ path: String, _ target: String) { lines.append("link \(path) \(target)") }

  mutating func addFile(_ path: String, _ sha256: String, _ size: Int64) {
    lines.append("file \(path) \(sha256)")
    bytes += size
  }

  func hex() -> String? {
    var digest = SHA256Digest()
    var text = "bulkhead plug-in folder 1\n" + lines.joined(separator: "\n") + "\n"
    text.withUTF8 { digest.add(UnsafeRawBufferPointer($0)) }
    return digest.hex()
  }
}

extension FolderListing {
  /// Removes a file, a link, or a folder of our own.
  static func remove(_ path: String) {
    if FileSignature(path: path)?.isFolder == true { removeTree(path) } else { unlink(path) }
  }

  /// Removes a folder of our own with all that is in it; links are removed, not followed.
  static func removeTree(_ path: String) {
    for name in names(path) ?? [] {
      let place = path + "/" + name
      if FileSignature(path: place)?.isFolder == true { removeTree(place) } else { unlink(place) }
    }
    rmdir(path)
  }
}
