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
  package func start(_ handlers: ServerHandlers = ServerHandlers()) throws(StoreError) {
    // Where other users are let in, who they are is asked of the kernel at each connection.
    let listener = try UnixSocket.listen(at: path, mode: handlers.admit == nil ? 0o600 : 0o666)
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
  package func stop() {
    let ending = running.withLock { running in
      defer { running = nil }
      return running
    }
    guard let ending else { return }
    unlink(path)
    ending.requests.close()
    ending.loop.stop()
    _ = ending.thread.join()
  }
}
