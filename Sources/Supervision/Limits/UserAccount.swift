import CProcess
import Glibc

/// A user of this machine that a worker may run as.
package struct UserAccount: Sendable, Equatable {
  package let name: String
  package let uid: UInt32
  package let gid: UInt32
  package let home: String

  /// Nil when there is no such user.
  package init?(_ name: String) {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var bytes = [CChar](repeating: 0, count: 16384)
    guard getpwnam_r(name, &record, &bytes, bytes.count, &found) == 0, found != nil else { return nil }
    self.name = name
    uid = record.pw_uid
    gid = record.pw_gid
    home = record.pw_dir.map { String(cString: $0) } ?? "/"
  }

  /// Becomes this user for good: groups, group, user, in that order, for every thread.
  func become() -> String? {
    if initgroups(name, gid) != 0 { return "cannot take the groups of \(name): " + Self.reason }
    if setgid(gid) != 0 { return "cannot take group \(gid): " + Self.reason }
    if setuid(uid) != 0 { return "cannot become user \(name): " + Self.reason }
    guard getuid() == uid, geteuid() == uid, setuid(0) != 0 else {
      return "is still root after becoming \(name)"
    }
    _ = cprocess_allow_inspection()
    return nil
  }

  /// The first of these paths that the user cannot pass or read, with what to do; nil when all can be reached.
  /// Tried by a child that has become the user: access lists, mounts and capabilities count too.
  package func obstacle(_ wanted: [(path: String, mode: Int32)]) -> String? {
    for (path, mode) in wanted {
      var steps: [String] = []
      var step = path
      while step.count > 1 {
        steps.append(step)
        step = String(step[..<(step.lastIndex(of: "/") ?? step.startIndex)])
      }
      for step in steps.reversed() {
        let code = cprocess_access_as(uid, gid, step, step == path ? mode : X_OK)
        if code != 0 {
          return
            "user \(name) cannot \(step == path ? "use" : "pass") \(step): \(String(cString: strerror(code)))"
        }
      }
    }
    return nil
  }

  private static var reason: String { String(cString: strerror(errno)) }
}
