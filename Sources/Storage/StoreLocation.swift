import Glibc

/// Where a store is: `sqlite:PATH`. Later `postgres://…`.
package struct StoreLocation: Sendable, Equatable, CustomStringConvertible {
  /// The database's file, absolute.
  package let path: String

  /// Longer socket paths are refused by the kernel (108 bytes with the end mark).
  package static let longestSocketPath = 100

  /// Parses `sqlite:PATH`; a relative path is taken from `folder` (nil: the working directory).
  package init(_ text: String, relativeTo folder: String? = nil) throws(StoreError) {
    guard text.hasPrefix("sqlite:"), text.count > 7, !text.hasSuffix("/") else {
      throw StoreError(
        .invalid, "'\(text)' is no location of a store",
        cure: "write sqlite:PATH, such as sqlite:./bulkhead.db")
    }
    let path = String(text.dropFirst(7))
    self.path = Self.tidy(path.hasPrefix("/") ? path : (folder ?? Self.workingDirectory) + "/" + path)
  }

  /// The location that an option names, else BULKHEAD_STORE, else `sqlite:./bulkhead.db`.
  package static func choose(option: String?, environment: [String: String]) throws(StoreError)
    -> StoreLocation
  {
    if let option { return try StoreLocation(option) }
    if let named = environment["BULKHEAD_STORE"], !named.isEmpty { return try StoreLocation(named) }
    return try StoreLocation("sqlite:./bulkhead.db")
  }

  package var description: String { "sqlite:" + path }

  /// The file whose lock says who serves the store.
  package var lockPath: String { path + ".lock" }

  /// The socket that the store is served at: beside the file, or, where that is too long for the kernel, in a folder
  /// of this user alone, named by a hash of the file's path. Makes and checks that folder when it is needed.
  package func socketPath() throws(StoreError) -> String {
    let plain = path + ".sock"
    if plain.utf8.count <= Self.longestSocketPath { return plain }
    return try Self.privateFolder() + "/" + Self.hash(path) + ".sock"
  }

  /// A folder of this user that nobody else can write: the session's runtime directory, else one under /tmp.
  private static func privateFolder() throws(StoreError) -> String {
    let user = getuid()
    let named = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? ""
    for base in [named, "/run/user/\(user)"]
    where !base.isEmpty && base.utf8.count < 60 && isPrivate(base, user) {
      return base
    }
    let folder = "/tmp/bulkhead-\(user)"
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw StoreError(.database, "cannot make the folder \(folder): \(String(cString: strerror(errno)))")
    }
    guard isPrivate(folder, user) else {
      throw StoreError(
        .database, "\(folder) is not a folder that only this user can write",
        cure: "remove it, or name a store with a shorter path")
    }
    return folder
  }

  private static func isPrivate(_ folder: String, _ user: uid_t) -> Bool {
    var facts = stat()
    guard lstat(folder, &facts) == 0 else { return false }
    return facts.st_mode & S_IFMT == S_IFDIR && facts.st_uid == user && facts.st_mode & 0o077 == 0
  }

  /// FNV-1a in two halves with different starts: a name, not a secret.
  private static func hash(_ text: String) -> String {
    let hashes = [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4].map { (start: UInt64) in
      text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    return hashes.map { hex($0) }.joined()
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static var workingDirectory: String {
    guard let buffer = getcwd(nil, 0) else { return "." }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// Without `.` and empty parts: the same file has the same socket.
  private static func tidy(_ path: String) -> String {
    "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}
