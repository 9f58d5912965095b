import Glibc

/// Users and groups of the machine.
enum Accounts {
  /// The user's name, or its number when it has none.
  static func userName(_ user: uid_t) -> String {
    lookUpUser(user) { String(cString: $0.pw_name) } ?? "user \(user)"
  }

  static func groupName(_ group: gid_t) -> String {
    lookUpGroup(group) { String(cString: $0.gr_name) } ?? "\(group)"
  }

  /// Whether a group is the user's private one: his primary group, of his name, with no other member.
  static func isOwnGroup(_ group: gid_t, of user: uid_t) -> Bool {
    guard let (name, primary) = lookUpUser(user, { (String(cString: $0.pw_name), $0.pw_gid) }) else {
      return false
    }
    guard primary == group else { return false }
    return lookUpGroup(group) { entry in
      guard String(cString: entry.gr_name) == name else { return false }
      var members: [String] = []
      var place = entry.gr_mem
      while let member = place?.pointee {
        members.append(String(cString: member))
        place = place?.advanced(by: 1)
      }
      return members.allSatisfy { $0 == name }
    } ?? false
  }

  private static func lookUpUser<R>(_ user: uid_t, _ body: (passwd) -> R) -> R? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withBuffer { buffer, size in
      getpwuid_r(user, &entry, buffer, size, &found)
    } result: {
      found.map { body($0.pointee) }
    }
  }

  private static func lookUpGroup<R>(_ id: gid_t, _ body: (Glibc.group) -> R) -> R? {
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    return withBuffer { buffer, size in
      getgrgid_r(id, &entry, buffer, size, &found)
    } result: {
      found.map { body($0.pointee) }
    }
  }

  /// Gives the look-up a larger buffer as long as it asks for one; `result` is read while the buffer still
  /// lives.
  private static func withBuffer<R>(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> Int32, result: () -> R?
  ) -> R? {
    var size = 4096
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let code = body(buffer, size)
      if code == 0 { return result() }
      guard code == ERANGE || code == EINTR else { return nil }
      size *= 2
    }
    return nil
  }
}
