import Glibc
package import Storage

/// Whole copies of a database in a file of their own: each is checked, and on the disk, before it has its name.
package enum SQLiteCopy {
  /// Copies what the connection sees, while others read and write. A file that is there already is refused, or
  /// replaced when the copy is complete. Answers what a check of the copy found: nothing wrong, else it throws.
  @discardableResult
  package static func make(
    of connection: SQLiteConnection, to path: String, replacing: Bool
  ) throws(StoreError) -> StoreReport {
    if !replacing, access(path, F_OK) == 0 { throw exists(path) }
    let folder = folder(of: path)
    try checkSpace(in: folder, for: connection)
    let new = unfinished(path)
    // What an upgrade left behind is its own, for it has the store's lock; any other may belong to somebody.
    if replacing { unlink(new) } else if access(new, F_OK) == 0 { throw exists(new) }
    let file = Glibc.open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("cannot make", new) }
    close(file)
    var isDone = false
    defer { if !isDone { unlink(new) } }
    try connection.execute("vacuum into '" + new.replacing("'", with: "''") + "'")
    FaultPoint.reach("copy.written")
    let report = try check(new)
    try sync(new)
    try name(new, path, replacing: replacing)
    isDone = true
    try sync(folder)
    FaultPoint.reach("copy.named")
    return report
  }

  /// What a copy is called until it is whole.
  package static func unfinished(_ path: String) -> String { path + ".new" }

  /// Nothing that came to be there meanwhile is lost, where the file system has links.
  private static func name(_ new: String, _ path: String, replacing: Bool) throws(StoreError) {
    if !replacing {
      if link(new, path) == 0 {
        unlink(new)
        return
      }
      if errno == EEXIST || access(path, F_OK) == 0 { throw exists(path) }
    }
    guard rename(new, path) == 0 else { throw failure("cannot make", path) }
  }

  /// Reads every page of a file that nobody writes.
  private static func check(_ path: String) throws(StoreError) -> StoreReport {
    let connection = try SQLiteConnection(lookingAt: path)
    defer { connection.close() }
    var problems: [String] = []
    try connection.query(connection.dialect.checkPages, []) { row in
      if row.text(0) != "ok" { problems.append(row.text(0)) }
    }
    if let first = problems.first {
      throw StoreError(
        .damaged, "the copy \(path) is not whole: \(first)", cure: "look at the machine's disk")
    }
    return StoreReport(
      problems: [], schema: try connection.number("select max(version) from schema_version", []) ?? 0,
      jobs: Int(try connection.number("select count(*) from job_spec", []) ?? 0),
      bytes: try connection.number(connection.dialect.size, []) ?? 0)
  }

  private static func checkSpace(
    in folder: String, for connection: SQLiteConnection
  ) throws(StoreError) {
    var facts = statvfs()
    guard statvfs(folder, &facts) == 0 else { throw failure("cannot look at", folder) }
    let free = Int64(facts.f_bavail) * Int64(facts.f_frsize)
    let needed = (try connection.number(connection.dialect.size, []) ?? 0) + 1 << 20
    if free < needed {
      throw StoreError(
        .database,
        "a copy of \(connection.path) needs \(mebibytes(needed)) in \(folder), and \(mebibytes(free)) are free there",
        cure: "free some space first")
    }
  }

  private static func sync(_ path: String) throws(StoreError) {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("cannot open", path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("the disk did not take", path) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func exists(_ path: String) -> StoreError {
    StoreError(.invalid, "\(path) is there already", cure: "name a new file, or remove that one")
  }

  private static func failure(_ what: String, _ path: String) -> StoreError {
    StoreError(
      .database, "\(what) \(path): \(String(cString: strerror(errno)))",
      cure: "check that the folder exists, has space, and that this user may write there")
  }

  private static func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
}
