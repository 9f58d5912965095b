import CProcess
import Glibc

/// A named OS thread for work that blocks: never Swift's cooperative pool.
package struct OSThread: Sendable {
  private final class Box: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private let done = Condition(false)

  /// Starts `body` on a new detached thread with 1 MiB of stack. The name shows in `top -H` (15 bytes).
  @discardableResult
  package init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let done = done
    let box = Box(name) {
      body()
      done.update { $0 = true }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    defer { pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(box).toOpaque()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
        cprocess_name_thread(box.name)
        box.body()
        return nil
      }, argument)
    if code != 0 {
      // Without its own threads the process can do nothing: say so and end, the supervisor starts another.
      // SAFETY: a start-up failure of the operating system; there is no caller who could go on.
      fatalError("cannot start the thread \(name): \(String(cString: strerror(code)))")
    }
  }

  /// Waits until the body has returned; false when `milliseconds` passed first.
  @discardableResult
  package func join(milliseconds: Int64? = nil) -> Bool {
    done.wait(milliseconds: milliseconds) { $0 ? true : nil } ?? false
  }
}
