import CBulkheadPlugin
import CPluginRuntime
import Glibc

/// `ext/wait.h`. Both waits end on a stop also inside `bh_hold`: a region that must not be torn has no business
/// waiting for the outside world, and a wait that nothing ends is worse.
extension bh_wait_table {
  static let running = bh_wait_table(
    size: UInt32(MemoryLayout<bh_wait_table>.size), flags: 0,
    sleep: { ctx, milliseconds in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { $0.sleep(milliseconds: milliseconds) }
    },
    poll: { ctx, descriptors, count, milliseconds in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard count <= UInt64(PluginRun.pollLimit), descriptors != nil || count == 0 else {
          return run.refuse(BH_INVALID, "bh_poll_fds: \(count) descriptors, or no place to read them from")
        }
        return run.poll(UnsafeMutableBufferPointer(start: descriptors, count: Int(count)), milliseconds)
      }
    },
    stop_fd: { ctx in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        let descriptor = run.stop.descriptor()
        guard descriptor < 0 else { return descriptor }
        return run.refuse(BH_IO, "no stop descriptor: \(String(cString: strerror(-descriptor)))")
      }
    })
}

extension PluginRun {
  /// Most descriptors of one poll.
  fileprivate static let pollLimit = 65_536
  /// Longest wait that is counted; longer ones end never.
  private static let longestMilliseconds: UInt64 = 100 * 365 * 86_400_000

  fileprivate func sleep(milliseconds: UInt64) -> Int32 {
    var code = waitPoint()
    if code < 0 || milliseconds == 0 { return code }
    let deadline = Self.deadline(milliseconds)
    defer { notePoint(isWaitOver: true) }
    while true {
      let seen = stop.word
      code = StopWord.code(seen)
      if code < 0 { return code }
      if !stop.wait(while: seen, until: deadline) { return BH_OK }
    }
  }

  fileprivate func poll(_ watched: UnsafeMutableBufferPointer<bh_poll>, _ milliseconds: Int64) -> Int32 {
    let code = waitPoint()
    if code < 0 { return code }
    let wake = stop.descriptor()
    if wake < 0 { return refuse(BH_IO, "no stop descriptor: \(String(cString: strerror(-wake)))") }
    return withUnsafeTemporaryAllocation(of: pollfd.self, capacity: watched.count + 1) { all in
      for (index, one) in watched.enumerated() {
        all.initializeElement(at: index, to: pollfd(fd: one.fd, events: one.events, revents: 0))
      }
      all.initializeElement(at: watched.count, to: pollfd(fd: wake, events: Int16(POLLIN), revents: 0))
      let ready = wait(all, until: milliseconds < 0 ? BHRT_FOREVER : Self.deadline(UInt64(milliseconds)))
      for index in watched.indices { watched[index].revents = all[index].revents }
      return ready
    }
  }

  /// poll(2) until one of `all` is ready, the last of which is the stop.
  private func wait(_ all: UnsafeMutableBufferPointer<pollfd>, until deadline: Int64) -> Int32 {
    defer { notePoint(isWaitOver: true) }
    while true {
      let left = deadline == BHRT_FOREVER ? -1 : max(deadline - bhrt_now_ns(), 0)
      // Rounded up: waking early would only mean another round.
      let milliseconds = left < 0 ? -1 : Int32(clamping: (left + 999_999) / 1_000_000)
      let ready = Glibc.poll(all.baseAddress, nfds_t(all.count), milliseconds)
      let code = StopWord.code(stop.word)
      if code < 0 { return code }
      if ready > 0 { return ready }
      if ready < 0, errno != EINTR {
        return refuse(BH_IO, "bh_poll_fds: \(String(cString: strerror(errno)))")
      }
      if ready == 0, deadline != BHRT_FOREVER, bhrt_now_ns() >= deadline { return 0 }
    }
  }

  private static func deadline(_ milliseconds: UInt64) -> Int64 {
    milliseconds > longestMilliseconds ? BHRT_FOREVER : bhrt_now_ns() + Int64(milliseconds) * 1_000_000
  }
}
