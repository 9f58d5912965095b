import CProcess
import Glibc

/// Who may write a plug-in commands the worker. So a file is taken only when nobody but root and the serving
/// user could have written it or put another one in its place: the file, and every folder on the way to it.
package struct FileRules: Sendable {
  /// Bytes that a plug-in file may have.
  package static let sizeLimit: Int64 = 256 << 20
  private static let linkLimit = 40

  /// The user of `serve`.
  package let user: UInt32

  package init(user: UInt32 = geteuid()) { self.user = user }

  /// Opens a plug-in file after checking it; the caller closes the descriptor. The folders are checked apart.
  package func open(_ path: String) throws(Objection) -> Int32 {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Self.unreadable(path, errno) }
    try Self.checkKind(status, path)
    // NONBLOCK: should a pipe have taken the file's place since, opening it does not wait for a writer.
    let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
    do throws(Objection) {
      guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path, errno) }
      try Self.checkKind(status, path)
      try checkHands(status, path, subject: "it")
      guard Int64(status.st_size) <= Self.sizeLimit else {
        throw Objection(
          "it has \(status.st_size >> 20) MiB, more than the limit of \(Self.sizeLimit >> 20)",
          cure: "strip it (\"strip \(path)\"), or load its data from another file")
      }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Checks a folder and every folder above it, through symbolic links. `mayBeMissing`: what does not exist
  /// is fine as long as nobody else could make it.
  package func checkFolder(_ path: String, mayBeMissing: Bool = false) throws(Objection) {
    var walk = PathWalk(path)
    var isMissing = false
    while let place = walk.next(limit: Self.linkLimit) {
      var status = stat()
      guard lstat(place, &status) == 0 else {
        guard mayBeMissing, errno == ENOENT else { throw Self.unreadable(place, errno) }
        isMissing = true
        break
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        try checkOwner(status, place, subject: "the link \(place) on the way to it")
        walk.follow(place)
      case S_IFDIR where walk.isLeft:
        // The way goes in and out again: what others put into it is not met, but its owner may move it.
        try checkOwner(status, place, subject: "the folder \(place) on the way to it")
      case S_IFDIR:
        try checkHands(
          status, place, subject: place == path ? "its folder \(place)" : "the folder \(place) above it")
      default: throw Objection("\(place) is not a folder", cure: "put a folder there")
      }
    }
    if isMissing { try refuseSticky(FolderPath.parent(of: walk.folder)) }
    if walk.hasTooManyLinks {
      throw Objection(
        "\(path) has more than \(Self.linkLimit) symbolic links", cure: "use the folder's real path")
    }
  }

  /// Sticky is enough for what exists; in a folder that all may write to, anybody could make what is missing.
  private func refuseSticky(_ folder: String) throws(Objection) {
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IWOTH != 0 else { return }
    throw Objection(
      "anybody could make what is missing in \(folder)", cure: "make it as root, or leave it out")
  }

  private static func checkKind(_ status: stat, _ path: String) throws(Objection) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFLNK:
      throw Objection(
        "it is a symbolic link, and what it points to can change unseen",
        cure: "put the file itself here (\"cp --remove-destination $(readlink -f \(path)) \(path)\")")
    case S_IFDIR:
      throw Objection(
        "it is a folder, not a file", cure: "name the .so file itself")
    default:
      throw Objection("it is not a regular file", cure: "put a regular file here")
    }
  }

  /// The owner is root or the serving user, and nobody else may write.
  private func checkHands(_ status: stat, _ path: String, subject: String) throws(Objection) {
    try checkOwner(status, path, subject: subject)
    let mode = String(status.st_mode & 0o7777, radix: 8)
    let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_mode & S_ISVTX != 0
    if isSticky { return }
    if status.st_mode & S_IWOTH != 0 {
      throw Objection(
        "\(subject) may be written by everybody (mode \(mode))", cure: "run \"chmod o-w \(path)\"")
    }
    guard status.st_mode & S_IWGRP != 0 else { return }
    if cprocess_has_acl(path) != 0 {
      throw Objection(
        "\(subject) has an access list that lets others write", cure: "run \"setfacl -b \(path)\"")
    }
    if !Accounts.isOwnGroup(status.st_gid, of: status.st_uid) {
      throw Objection(
        "\(subject) may be written by the group \(Accounts.groupName(status.st_gid)) (mode \(mode))",
        cure: "run \"chmod g-w \(path)\"")
    }
  }

  private func checkOwner(_ status: stat, _ path: String, subject: String) throws(Objection) {
    guard status.st_uid != 0, status.st_uid != user else { return }
    let owner = Accounts.userName(status.st_uid)
    let serving = Accounts.userName(user)
    throw Objection(
      "\(subject) belongs to \(owner), who is neither root nor \(serving), the user of serve",
      cure: "run \"chown \(serving) \(path)\" after checking what it is")
  }

  static func unreadable(_ path: String, _ code: Int32) -> Objection {
    let reason = String(cString: strerror(code))
    switch code {
    case EACCES: return Objection("\(path) cannot be read (\(reason))", cure: "run \"chmod a+r \(path)\"")
    case ENOENT: return Objection("\(path) is not there (\(reason))", cure: "copy it here")
    default:
      return Objection("\(path) cannot be read (\(reason))", cure: "check the disk and copy it here again")
    }
  }
}

/// One way through the file system, name by name, with symbolic links followed by hand so that each is seen.
private struct PathWalk {
  private(set) var folder = "/"
  private(set) var hasTooManyLinks = false
  private var names: [Substring]
  private var links = 0
  private var hasBegun = false

  init(_ path: String) {
    names = FolderPath.absolute(path).split(separator: "/").reversed()
  }

  /// The next place, beginning with "/"; nil at the end.
  mutating func next(limit: Int) -> String? {
    if !hasBegun {
      hasBegun = true
      return folder
    }
    hasTooManyLinks = links > limit
    guard !hasTooManyLinks else { return nil }
    while let name = names.popLast() {
      if name == "." { continue }
      if name == ".." {
        folder = FolderPath.parent(of: folder)
        continue
      }
      folder = folder == "/" ? "/" + name : folder + "/" + name
      return folder
    }
    return nil
  }

  /// Whether the way leads out of the place that `next` gave by `..` at once.
  var isLeft: Bool { names.last { $0 != "." } == ".." }

  /// The place that `next` gave is a link: goes on with what it points to.
  mutating func follow(_ place: String) {
    links += 1
    var target = [CChar](repeating: 0, count: 4097)
    let count = readlink(place, &target, 4096)
    let text = String(decoding: target.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    names += text.split(separator: "/").reversed()
    folder = text.hasPrefix("/") ? "/" : FolderPath.parent(of: place)
  }
}
