import Glibc
import Synchronization

/// The private copies that are loaded: one file per content, named by its hash, never written again. What
/// happens to a dropped file afterwards touches nothing that runs.
package final class PluginImageCache: Sendable {
  package struct Image: Sendable, Equatable {
    /// 64 hexadecimal digits.
    package let sha256: String
    /// Absolute.
    package let path: String
    /// It was not there before.
    package let isNew: Bool
  }

  private static let counter = Atomic<Int>(0)
  /// Absolute, without links.
  let folder: String

  /// Uses the folder, made when it is not there (its parent has to be). It has to be ours alone. Unfinished
  /// copies of a process that ended are removed.
  package init(folder: String) throws(PluginError) {
    if mkdir(folder, 0o700) != 0, errno != EEXIST { throw Self.failure("make", folder) }
    var status = stat()
    guard lstat(folder, &status) == 0 else { throw Self.failure("read", folder) }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
      throw PluginError(
        "the folder for loaded plug-ins \(folder) is not a folder of this user",
        cure: "remove it and start again")
    }
    guard chmod(folder, 0o700) == 0 else { throw Self.failure("close to others", folder) }
    do throws(Objection) {
      // Who may rename the folder could put another one in its place.
      try FileRules().checkFolder(folder)
    } catch {
      throw PluginError(
        "the folder for loaded plug-ins \(folder) is not safe: \(error.rule)", cure: error.cure)
    }
    guard let real = realpath(folder, nil) else { throw Self.failure("read", folder) }
    self.folder = String(cString: real)
    free(real)
    for name in Self.names(in: self.folder) where name.hasPrefix(".") && name.hasSuffix(".tmp") {
      FolderListing.remove(self.folder + "/" + name)
    }
  }

  /// Where a copy is made before it has its name.
  func nextTemporary() -> String {
    "\(folder)/.\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue).tmp"
  }

  /// Copies an open file and hashes the very bytes that are copied. Nil when the file changed meanwhile: let
  /// it settle and ask again. Safe from any thread.
  package func take(_ descriptor: Int32) throws(Objection) -> Image? {
    let temporary = nextTemporary()
    let copy = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard copy >= 0 else { throw Self.cannotCopy() }
    defer {
      close(copy)
      unlink(temporary)
    }
    let before = FileSignature(descriptor: descriptor)
    var writeError: Int32 = 0
    let digest = SHA256Digest.ofFile(descriptor) { piece in
      if Self.write(piece, to: copy) { return true }
      writeError = errno
      return false
    }
    if writeError != 0 {
      errno = writeError
      throw Self.cannotCopy()
    }
    guard let digest else { throw Objection("it could not be read to its end", cure: "copy it here again") }
    guard let before, before == FileSignature(descriptor: descriptor), before.size == digest.size else {
      return nil
    }
    return try keep(temporary, copy, digest.hex)
  }

  private func keep(_ temporary: String, _ copy: Int32, _ sha256: String) throws(Objection) -> Image {
    let path = "\(folder)/\(sha256).so"
    if Self.holds(path, sha256) { return Image(sha256: sha256, path: path, isNew: false) }
    guard fchmod(copy, 0o444) == 0, fsync(copy) == 0, rename(temporary, path) == 0 else {
      throw Self.cannotCopy()
    }
    syncFolder()
    return Image(sha256: sha256, path: path, isNew: true)
  }

  /// Makes new names in the folder durable.
  func syncFolder() {
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    close(directory)
  }

  /// Removes a copy that nothing loaded.
  package func drop(_ image: Image) {
    FolderListing.remove(
      Self.isTree(image.path, image.sha256) ? FolderPath.parent(of: image.path) : image.path)
    unlink(triedPath(image.sha256))
  }

  /// Removes every copy but these: for a start, when the store says which are still of use.
  package func keepOnly(_ hashes: Set<String>) {
    for name in Self.names(in: folder) {
      let hash = name.split(separator: ".", omittingEmptySubsequences: false).first.map(String.init) ?? name
      if hash.utf8.count == 64, !hashes.contains(hash) { FolderListing.remove(folder + "/" + name) }
    }
  }

  /// Whether `path` is of a folder that was copied whole.
  static func isTree(_ path: String, _ sha256: String) -> Bool {
    FolderPath.parent(of: path).hasSuffix("/" + sha256)
  }

  /// Remembers that the trial of this content went well under these circumstances.
  package func noteTried(_ sha256: String, _ circumstances: String) {
    let temporary = nextTemporary()
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    var text = circumstances
    let isWritten = text.withUTF8 { Self.write(UnsafeRawBufferPointer($0), to: file) }
    close(file)
    if !isWritten || rename(temporary, triedPath(sha256)) != 0 { unlink(temporary) }
  }

  /// Whether it did. Whatever is wrong with what was remembered means that it is tried again.
  package func wasTried(_ sha256: String, _ circumstances: String) -> Bool {
    let file = open(triedPath(sha256), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return KeyFolder.text(file, limit: 4096) == circumstances
  }

  private func triedPath(_ sha256: String) -> String { "\(folder)/\(sha256).tried" }

  /// Whether the copy has the content that its name says.
  static func holds(_ path: String, _ sha256: String) -> Bool {
    if isTree(path, sha256) { return holdsTree(FolderPath.parent(of: path), sha256) }
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return SHA256Digest.ofFile(descriptor)?.hex == sha256
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return true
  }

  private static func names(in folder: String) -> [String] { FolderListing.names(folder) ?? [] }

  static func cannotCopy() -> Objection {
    Objection(
      "it could not be copied into the store's own folder (\(String(cString: strerror(errno))))",
      cure: "make room on the store's disk, then \"touch\" the file")
  }

  private static func failure(_ verb: String, _ folder: String) -> PluginError {
    PluginError(
      "cannot \(verb) the folder for loaded plug-ins \(folder) (\(String(cString: strerror(errno))))",
      cure: "put the store where this user may write")
  }
}
