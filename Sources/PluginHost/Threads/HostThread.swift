import CBulkheadPlugin
import CPluginRuntime
import Glibc

/// A thread of the host's own (never of Swift's cooperative pool): timers, dispatchers, whatever may block.
package struct HostThread: Sendable {
  private let handle: pthread_t

  /// Starts a thread that runs `body` once. `name` is cut to the kernel's 15 characters. Throws when the
  /// system gives no thread.
  package init(name: String, _ body: @escaping @Sendable () -> Void) throws(HostError) {
    handle = try Self.start(name: name, attributes: nil, body)
  }

  /// As above, on a stack that the caller owns and keeps until `join` has returned.
  init(name: String, stack: UnsafeMutableRawBufferPointer, _ body: @escaping @Sendable () -> Void)
    throws(HostError)
  {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    guard let base = stack.baseAddress, pthread_attr_setstack(&attributes, base, stack.count) == 0 else {
      throw HostError(code: BH_MEMORY, message: "a stack of \(stack.count) bytes was refused")
    }
    handle = try Self.start(name: name, attributes: &attributes, body)
  }

  /// Waits until the thread has ended. Once per thread, and never from the thread itself.
  package func join() {
    pthread_join(handle, nil)
  }

  private final class Start {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private static func start(
    name: String, attributes: UnsafePointer<pthread_attr_t>?, _ body: @escaping @Sendable () -> Void
  ) throws(HostError) -> pthread_t {
    let start = Unmanaged.passRetained(Start(name: String(name.utf8.prefix(15)) ?? "", body: body))
    var handle = pthread_t()
    let code = pthread_create(
      &handle, attributes,
      { raw in
        guard let raw else { return nil }
        let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
        bhrt_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw HostError(
        code: BH_AGAIN,
        message: "no thread could be started: \(String(cString: strerror(code))) (see ThreadLimits)")
    }
    return handle
  }
}
