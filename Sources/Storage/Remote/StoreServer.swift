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
  private let running = Mutex<Running?>(nil)

  /// The caller holds the store's lock, and closes the store after the server.
  package init(store: SQLStore, path: String) throws(StoreError) {
    self.store = store
    self.path = path
    guard path.utf8.count <= StoreLocation.longestSocketPath else {
      throw StoreError(
        .invalid, "the socket path \(path) is longer than \(StoreLocation.longestSocketPath) bytes",
        cure: "name a store with a shorter path")
    }
  }

  /// Opens the socket and serves until `stop`.
  package func start(_ handlers: ServerHandlers = ServerHandlers()) throws(StoreError) {
    let listener = try UnixSocket.listen(at: path)
    let requests = ServerRequests(store, handlers)
    let loop: ServerLoop
    do throws(StoreError) {
      loop = try ServerLoop(listener: listener, requests)
    } catch {
      close(listener)
      throw error
    }
    requests.start()
    let thread = OSThread("bh-sockets") { loop.run() }
    running.withLock { $0 = Running(requests: requests, loop: loop, thread: thread) }
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
