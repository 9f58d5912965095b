import CBulkheadPlugin
import CPluginRuntime
import Glibc

/// A thread on a slot's stack. Unlike `OSThread` it can be refused: the pool then goes on with what it has.
struct SlotThread: Sendable {
  private let handle: pthread_t

  private final class Start {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts a thread that runs `body` once, on the stack of `memory`, which stays until `join` has returned.
  /// `name` shows in `top -H` (15 bytes).
  init(name: String, memory: SlotMemory, _ body: @escaping @Sendable () -> Void) throws(HostError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    var code = pthread_attr_setstack(&attributes, memory.stackLow, SlotMemory.stackBytes)
    var handle = pthread_t()
    let start = Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
    if code == 0 {
      code = pthread_create(&handle, &attributes, Self.begin, start.toOpaque())
    }
    self.handle = handle
    guard code == 0 else {
      start.release()
      throw HostError(
        code: BH_AGAIN, message: "no job thread could be started: \(String(cString: strerror(code)))")
    }
  }

  /// Waits until the thread has ended. Once per thread, and never from the thread itself.
  func join() {
    pthread_join(handle, nil)
  }

  private static let begin: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
    guard let raw else { return nil }
    let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
    bhrt_name_thread(start.name)
    start.body()
    return nil
  }
}
