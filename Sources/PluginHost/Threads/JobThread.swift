import CPluginRuntime

/// A job thread during one piece of work: a name for it, stale as soon as that work has returned.
package struct JobThread: Sendable, Hashable {
  let slot: Int
  let turn: UInt64

  /// The calling job thread with the work that it does; nil on every other thread.
  package static var current: JobThread? {
    bhrt_thread_record()?.assumingMemoryBound(to: SlotMemory.Record.self).pointee.work
  }
}
