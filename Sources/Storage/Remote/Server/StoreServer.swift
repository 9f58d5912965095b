package import DataModel
import Glibc
import Synchronization
import Threading

/// Serves a store on a Unix socket: one thread for the sockets, one that writes, one that reads, one for all else.
package final class StoreServer: Sendable {
  private struct Running: Sendable {
    let requests: ServerRequests
    let loop: ServerLoop
    let thread: OSThread
  }

  /// The socket.
  package let path: String
  private let store: SQLStore
  private let settings: ServerSettings
  private let running = Mutex<Running?>(nil)

  /// The caller holds the store's lock, and closes the store after the server.
  package init(
    store: SQLStore, path: String, settings: ServerSettings = ServerSettings()
  ) throws(StoreError) {
    self.store = store
    self.settings = settings
    self.path = path
    guard path.utf8.count <= StoreLocation.longestSocketPath else {
      throw StoreError(
        .invalid, "the socket path \(path) is longer than \(StoreLocation.longestSocketPath) bytes",
        cure: "name a store with a shorter path")
    }
  }

  /// Opens the socket and serves until `stop`.
  /// `inherited`: the listening socket that an earlier program of this process kept, if it is this path's.
  package func start(
    _ handlers: ServerHandlers = ServerHandlers(), inherited: Int32? = nil
  ) throws(StoreError) {
    // Where other users are let in, who they are is asked of the kernel at each connection.
    let mode: mode_t = handlers.admit == nil ? 0o600 : 0o666
    let listener: Int32
    if let kept = adopt(inherited, mode) {
      listener = kept
    } else {
      listener = try UnixSocket.listen(at: path, mode: mode)
    }
    let requests = ServerRequests(store, handlers)
    let loop: ServerLoop
    do throws(StoreError) {
      loop = try ServerLoop(listener: listener, requests, settings)
    } catch {
      close(listener)
      throw error
    }
    requests.start()
    let thread = OSThread("bh-sockets") { loop.run() }
    running.withLock { $0 = Running(requests: requests, loop: loop, thread: thread) }
  }

  /// How long a node has said nothing while nothing of it is being done; nil when it has no connection.
  package func silence(of node: NodeID) -> Milliseconds? {
    running.withLock { $0?.requests }?.silence(of: node)
  }

  /// Removes the socket, commits and answers what was taken, ends every connection and returns. Not to be called by
  /// a handler: it waits for them.
  ///
  /// `keepsSocket`: the socket stays and is answered, for a program that goes on in this process: whoever connects
  /// waits for it. Its owner is the caller then.
  @discardableResult
  package func stop(keepsSocket: Bool = false) -> Int32? {
    let ending = running.withLock { running in
      defer { running = nil }
      return running
    }
    guard let ending else { return nil }
    if !keepsSocket { unlink(path) }
    ending.requests.close()
    ending.loop.stop(keepsListener: keepsSocket)
    _ = ending.thread.join()
    return keepsSocket ? ending.loop.listener : nil
  }

  /// Takes a socket over that is this path's; closes any other.
  private func adopt(_ file: Int32?, _ mode: mode_t) -> Int32? {
    guard let file else { return nil }
    let isOurs = UnixSocket.listens(file, at: path) && chmod(path, mode) == 0
    if isOurs, fcntl(file, F_SETFD, FD_CLOEXEC) == 0, UnixSocket.setNonBlocking(file) { return file }
    close(file)
    return nil
  }
}
