import Glibc

/// Socket calls with Unix addresses: plain functions over descriptors, which their callers own.
enum UnixSocket {
  /// Listens at a new socket, by its mode for this user only. What stands there from an earlier process is
  /// removed: the caller holds the store's lock, so nobody serves it any more.
  static func listen(at path: String, mode: mode_t = 0o600) throws(StoreError) -> Int32 {
    guard path.utf8.count <= StoreLocation.longestSocketPath else {
      throw StoreError(
        .invalid, "the socket path \(path) is longer than \(StoreLocation.longestSocketPath) bytes",
        cure: "name a store with a shorter path")
    }
    var facts = stat()
    if lstat(path, &facts) == 0 {
      guard facts.st_mode & S_IFMT == S_IFSOCK else {
        throw StoreError(.invalid, "\(path) is in the way: it is no socket", cure: "move it away")
      }
      unlink(path)
    }
    let file = try make()
    // Nobody can connect before `listen`, so the mode is right before it matters.
    let isBound = withAddress(path) { bind(file, $0, $1) } == 0 && chmod(path, mode) == 0
    guard isBound, Glibc.listen(file, 128) == 0, setNonBlocking(file) else {
      let error = failure("cannot listen at \(path)")
      close(file)
      throw error
    }
    return file
  }

  /// Whether the descriptor is a socket that listens at that path: one that this process was handed.
  static func listens(_ file: Int32, at path: String) -> Bool {
    var isListening: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1 else {
      return false
    }
    // The path's file has to be this socket's: its name in the kernel is what was bound.
    var address = sockaddr_un()
    var size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file, $0, &size) }
    }
    let name = withUnsafeBytes(of: &address.sun_path) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    var facts = stat()
    return code == 0 && name == path && lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
  }

  /// A connected, blocking socket.
  static func connect(to path: String) throws(StoreError) -> Int32 {
    let file = try make()
    var code: Int32 = -1
    repeat { code = withAddress(path) { Glibc.connect(file, $0, $1) } } while code != 0 && errno == EINTR
    if code == 0 { return file }
    let reason = errno
    close(file)
    let store = path.hasSuffix(".sock") ? String(path.dropLast(5)) : path
    switch reason {
    case ENOENT, ECONNREFUSED:
      throw StoreError(
        .noEngine, "no engine is serving \(store)", cure: "start one: bulkhead serve --store sqlite:\(store)")
    case EACCES, EPERM:
      throw StoreError(
        .noEngine, "this user may not speak to the engine at \(path)", cure: "ask as the user who started it")
    default:
      throw StoreError(
        .noEngine, "cannot reach the engine at \(path): \(String(cString: strerror(reason)))")
    }
  }

  enum Accepted {
    case connection(Int32)
    case nobodyWaits
    /// Somebody waits, and this process has no descriptor left for him.
    case noDescriptor
  }

  /// The next connection that waits at a listening socket.
  static func accept(_ listener: Int32) -> Accepted {
    while true {
      let file = Glibc.accept(listener, nil, nil)
      if file >= 0 {
        if fcntl(file, F_SETFD, FD_CLOEXEC) == 0, setNonBlocking(file) { return .connection(file) }
        close(file)
        return .nobodyWaits
      }
      switch errno {
      case EINTR, ECONNABORTED: continue
      case EMFILE, ENFILE, ENOMEM, ENOBUFS: return .noDescriptor
      default: return .nobodyWaits
      }
    }
  }

  /// Who is at the other end.
  static func peer(_ file: Int32) -> PeerIdentity? {
    // struct ucred, which Swift's Glibc module does not show: pid, uid, gid.
    var words: (Int32, UInt32, UInt32) = (0, 0, 0)
    var length = socklen_t(MemoryLayout.size(ofValue: words))
    guard getsockopt(file, SOL_SOCKET, SO_PEERCRED, &words, &length) == 0, length == 12 else { return nil }
    return PeerIdentity(pid: words.0, uid: words.1)
  }

  static func setNonBlocking(_ file: Int32) -> Bool {
    let flags = fcntl(file, F_GETFL)
    return flags >= 0 && fcntl(file, F_SETFL, flags | O_NONBLOCK) == 0
  }

  /// Sends all on a blocking socket; false when the other end is gone.
  static func sendAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = send(file, bytes, from: sent, flags: Int32(MSG_NOSIGNAL))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Sends what the kernel takes now of `bytes` from `offset`; nil when the other end is gone.
  static func sendSome(_ file: Int32, _ bytes: [UInt8], from offset: Int) -> Int? {
    while offset < bytes.count {
      let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
      let count = send(file, bytes, from: offset, flags: flags)
      if count >= 0 { return count }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : nil
    }
    return 0
  }

  private static func send(_ file: Int32, _ bytes: [UInt8], from offset: Int, flags: Int32) -> Int {
    bytes.withUnsafeBytes { all in
      let rest = UnsafeRawBufferPointer(rebasing: all[offset...])
      return Glibc.send(file, rest.baseAddress, rest.count, flags)
    }
  }

  private static func make() throws(StoreError) -> Int32 {
    let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { throw failure("cannot make a socket") }
    return file
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return -1
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func failure(_ what: String) -> StoreError {
    StoreError(.database, "\(what): \(String(cString: strerror(errno)))")
  }
}

/// Who is at the other end of a Unix socket, from the kernel and not from what he says of himself.
package enum PeerUser {
  /// The user of this process: "alice (uid 1000)".
  package static let ofThisProcess = name(geteuid())

  /// A number alone where the accounts do not know it.
  static func name(_ user: uid_t) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var text = [CChar](repeating: 0, count: 16 << 10)
    return text.withUnsafeMutableBufferPointer { text in
      guard let start = text.baseAddress, getpwuid_r(user, &entry, start, text.count, &found) == 0,
        found != nil, let name = entry.pw_name
      else { return "uid \(user)" }
      return "\(String(cString: name)) (uid \(user))"
    }
  }
}

/// The process and user at the other end of a connection, when it was made.
struct PeerIdentity: Sendable, Equatable {
  let pid: Int32
  let uid: UInt32
}
