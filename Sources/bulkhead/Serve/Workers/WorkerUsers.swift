import DataModel
import Glibc
import JobEngine
import Storage
import Supervision

/// The users that workers run as, beside the user of `serve` itself: whether they can do their work, and what they
/// may ask for at the socket.
struct WorkerUsers: Sendable {
  let accounts: [UserAccount]

  /// Refuses users that are not there, or that this process cannot become.
  init(_ names: Set<String>) throws(EngineError) {
    var accounts: [UserAccount] = []
    for name in names.sorted() {
      guard let account = UserAccount(name) else {
        throw EngineError(
          .refused, "there is no user \"\(name)\" to run a worker as",
          cure: "make the user, or name another one")
      }
      guard geteuid() == 0 else {
        throw EngineError(
          .refused, "only root can run a worker as another user (\(name))",
          cure: "start serve as root, or leave the user out")
      }
      accounts.append(account)
    }
    self.accounts = accounts
  }

  /// Opens the folder of loaded plug-ins to them, makes their outboxes, and makes sure that they reach all that and the
  /// socket.
  func open(cache: String, socket: String, outbox: OutboxFolder) throws(EngineError) {
    guard !accounts.isEmpty else { return }
    // Passed through, not listed: a file there is found by its hash only.
    guard chmod(cache, 0o711) == 0 else {
      throw EngineError(
        .refused, "cannot open \(cache) to the workers' users: \(String(cString: strerror(errno)))")
    }
    if let problem = outbox.open(to: accounts.map { (uid: $0.uid, gid: $0.gid) }) {
      throw EngineError(.refused, problem, cure: "check the rights of the store's folder")
    }
    for account in accounts {
      // Its program is opened before it becomes the user.
      if let obstacle = account.obstacle([
        (socket, W_OK), (cache, X_OK), (outbox.folder(of: account.uid).path, W_OK | X_OK),
      ]) {
        throw EngineError(
          .refused, "a worker cannot run as that user: \(obstacle)",
          cure: "let the user pass the folders of the store, or keep the store elsewhere with --store")
      }
    }
  }

  /// Who may speak at the socket, by the kernel's word on who has connected. Without such users the socket's mode
  /// says it; with them the socket is open to all and this says it.
  var admission: (@Sendable (UInt32) -> ServerAdmission)? {
    if accounts.isEmpty { return nil }
    let own = geteuid()
    let workers = Set(accounts.map(\.uid))
    return { uid in
      if uid == 0 || uid == own { return .everything }
      return workers.contains(uid) ? .workersVerbs : .nothing
    }
  }
}
