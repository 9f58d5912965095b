import CBulkheadPlugin
import CPluginRuntime
import Glibc

/// The memory of one job thread, in one mapping:
///
///     low [ guard 1 MiB | stack 256 KiB | alternate signal stack 32 KiB | record 4 KiB ] high
///
/// Only what is touched costs memory. The guard is wide because a single frame may jump over a narrow one into
/// the neighbour's slot. The alternate stack lies above the stack's high end, where an overflow cannot reach it.
// SAFETY: says where a mapping is, nothing more; who touches which part is said at each part.
struct SlotMemory: @unchecked Sendable {
  static let guardBytes = 1 << 20
  static let stackBytes = 256 << 10
  /// The kernel's least size is 12 KiB on machines with wide vector registers.
  static let alternateBytes = 32 << 10
  static let recordBytes = 4 << 10
  static let bytes = guardBytes + stackBytes + alternateBytes + recordBytes

  /// What the pool keeps of a thread beside its stack: found by address from the thread itself, without a lock.
  struct Record {
    /// 0 while the thread sleeps; the waker writes 1.
    var wakeWord: UInt32 = 0
    /// The kernel's number of the thread.
    var threadID: Int32 = 0
    /// The work that it does now.
    var work = JobThread(slot: 0, turn: 0)
  }

  let low: UnsafeMutableRawPointer
  /// How the guard was made (`BHRT_GUARD_MADVISE` or `BHRT_GUARD_MPROTECT`).
  let guardKind: Int32

  init() throws(HostError) {
    let mapped = mmap(
      nil, Self.bytes, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE) | Int32(MAP_STACK), -1, 0)
    guard let mapped, mapped != MAP_FAILED else { throw Self.refused("map", errno) }
    low = mapped
    // A huge page under a stack would make 2 MiB of the first touch.
    madvise(mapped, Self.bytes, Int32(MADV_NOHUGEPAGE))
    guardKind = bhrt_install_guard(mapped, Self.guardBytes)
    guard guardKind > 0 else {
      munmap(mapped, Self.bytes)
      throw Self.refused("guard", -guardKind)
    }
    record.initialize(to: Record())
  }

  /// The stack's low end: it grows down to here.
  var stackLow: UnsafeMutableRawPointer { low + Self.guardBytes }

  var record: UnsafeMutablePointer<Record> {
    (low + (Self.bytes - Self.recordBytes)).assumingMemoryBound(to: Record.self)
  }

  /// The record's wake word: waited on by the thread, set by whoever has work.
  var wakeWord: UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(record).assumingMemoryBound(to: UInt32.self)
  }

  /// Makes the calling thread the one of this slot: it is found by `JobThread.current`, and its signal handlers
  /// run on the alternate stack.
  func adopt() {
    record.pointee.threadID = bhrt_gettid()
    bhrt_set_thread_record(record)
    bhrt_set_stack(stackLow)
    var alternate = stack_t()
    alternate.ss_sp = stackLow + Self.stackBytes
    alternate.ss_size = Self.alternateBytes
    sigaltstack(&alternate, nil)
  }

  /// Gives the memory back. Its thread has been joined.
  func unmap() {
    munmap(low, Self.bytes)
  }

  private static func refused(_ verb: String, _ code: Int32) -> HostError {
    HostError(
      code: BH_MEMORY,
      message: "could not \(verb) \(bytes >> 10) KiB for a job thread: \(String(cString: strerror(code)))")
  }
}
