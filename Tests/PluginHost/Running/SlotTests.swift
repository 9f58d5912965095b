import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Glibc
import TestSupport
import Testing
import Threading

@testable import PluginHost

@Suite("The memory of a job thread", .serialized)
struct SlotTests {
  static let source = #"""
    #define _GNU_SOURCE
    #include <pthread.h>
    #include <signal.h>
    #include <stdio.h>
    static int32_t stack(bh_ctx *ctx) {
      pthread_attr_t attributes;
      void *low;
      size_t size;
      stack_t alternate;
      char name[16];
      pthread_getattr_np(pthread_self(), &attributes);
      pthread_attr_getstack(&attributes, &low, &size);
      pthread_attr_destroy(&attributes);
      sigaltstack(NULL, &alternate);
      pthread_getname_np(pthread_self(), name, sizeof name);
      bh_result_i64(ctx, "size", (int64_t)size);
      bh_result_i64(ctx, "inside", (char *)&low > (char *)low && (char *)&low < (char *)low + size);
      bh_result_i64(ctx, "alternate", (int64_t)alternate.ss_size);
      bh_result_i64(ctx, "above", (char *)alternate.ss_sp == (char *)low + size);
      bh_result_str(ctx, "name", name);
      return BH_OK;
    }
    """#

  /// Overflows a stack in a child process; the child's exit code is 42 when its handler, on the alternate stack,
  /// saw a fault inside the guard.
  static let overflow = #"""
    #define _GNU_SOURCE
    #include <pthread.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/wait.h>
    #include <unistd.h>
    static char *guard_low, *stack_low, *alternate_low;
    static size_t guard_size, stack_size, alternate_size, frame_size;
    static void fault(int number, siginfo_t *info, void *context) {
      (void)number; (void)context;
      char *at = (char *)info->si_addr, here;
      int on_alternate = &here >= alternate_low && &here < alternate_low + alternate_size;
      _exit(at >= guard_low && at < guard_low + guard_size && on_alternate ? 42 : 43);
    }
    static int deeper(int depth) {
      volatile char *frame = __builtin_alloca(frame_size);
      frame[0] = (char)depth;
      return deeper(depth + 1) + frame[0];
    }
    static void *run(void *unused) {
      stack_t alternate = {alternate_low, 0, alternate_size};
      sigaltstack(&alternate, NULL);
      return (void *)(intptr_t)deeper((int)(intptr_t)unused);
    }
    __attribute__((visibility("default"))) int overflow_in_child(
        char *guard, size_t guard_bytes, size_t stack_bytes, size_t alternate_bytes, size_t frame_bytes) {
      guard_low = guard, stack_low = guard + guard_bytes, alternate_low = stack_low + stack_bytes;
      guard_size = guard_bytes, stack_size = stack_bytes, alternate_size = alternate_bytes;
      frame_size = frame_bytes;
      pid_t child = fork();
      if (child == 0) {
        alarm(20);
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_sigaction = fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigaction(SIGSEGV, &action, NULL);
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        pthread_attr_setstack(&attributes, stack_low, stack_size);
        if (pthread_create(&thread, &attributes, run, NULL) != 0) _exit(44);
        pthread_join(thread, NULL);
        _exit(45);
      }
      int status = 0;
      waitpid(child, &status, 0);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
    }
    """#

  @Test("a job sees a stack of 256 KiB and an alternate signal stack above it")
  func stack() async throws {
    let plugin = try InlinePlugin(Self.source, actions: ["stack"])
    try await onThread {
      let threads = JobThreads(limit: 1)
      let ended = Threading.Condition<RunEnd?>(nil)
      let run = try plugin.run("stack")
      threads.submit {
        let end = run.execute()
        ended.update { $0 = end }
      }
      let end = try #require(ended.wait(milliseconds: RecordingContext.patience) { $0 })
      #expect(
        try numbers(end) == ["size": 256 << 10, "inside": 1, "alternate": 32 << 10, "above": 1])
      #expect(try JSONValue(parsing: end.result ?? "")["name"] == .string("bh-job-0"))
      threads.shutdown()
    }
  }

  @Test("every page of the guard faults, and nothing else does")
  func guardPages() throws {
    let memory = try SlotMemory()
    defer { memory.unmap() }
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    // The kernel reads the byte for us: a page that faults gives EFAULT and no signal.
    func faults(_ offset: Int) -> Bool {
      let count = write(ends[1], memory.low + offset, 1)
      if count == 1 {
        var byte: UInt8 = 0
        _ = read(ends[0], &byte, 1)
      }
      return count == -1 && errno == EFAULT
    }
    for page in 0..<SlotMemory.bytes / 4096 {
      #expect(faults(page * 4096) == (page * 4096 < SlotMemory.guardBytes), "page \(page)")
    }
  }

  @Test(
    "a stack overflow ends in the guard, and its handler has a stack",
    .disabled(if: Sanitizer.isThere, "a sanitizer's handler of signals ends the child in its own way"),
    arguments: [64, 4000, 600_000])
  func overflows(frame: Int) async throws {
    let helper = try InlinePlugin(functions: Self.overflow)
    let memory = try SlotMemory()
    typealias Overflow = @convention(c) (UnsafeMutableRawPointer, Int, Int, Int, Int) -> Int32
    // SAFETY: the function's type stands in the source above.
    let overflow = unsafeBitCast(try helper.symbol("overflow_in_child"), to: Overflow.self)
    let code = try await onThread {
      overflow(
        memory.low, SlotMemory.guardBytes, SlotMemory.stackBytes, SlotMemory.alternateBytes, frame)
    }
    #expect(code == 42)
    memory.unmap()
  }

  @Test("a thread that rests gives its stack's pages back")
  func trim() async throws {
    let memory = try SlotMemory()
    let done = Threading.Condition(false)
    let used = Threading.Condition((before: 0, after: 0))
    let thread = try SlotThread(name: "trim", memory: memory) {
      _ = Self.touch(depth: 140)
      let before = Self.residentPages(memory)
      bhrt_trim_stack(memory.stackLow)
      used.update { $0 = (before, Self.residentPages(memory)) }
      done.update { $0 = true }
    }
    #expect(done.wait(milliseconds: RecordingContext.patience) { $0 ? true : nil } == true)
    thread.join()
    let (before, after) = used.withLock { $0 }
    #expect(before >= 32 && after <= 12, "\(before) pages, then \(after)")
    memory.unmap()
  }

  /// Uses 1 KiB of the stack for each step.
  @inline(never)
  private static func touch(depth: Int) -> Int {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1000) { bytes in
      bytes.initialize(repeating: UInt8(truncatingIfNeeded: depth))
      return depth == 0 ? 0 : touch(depth: depth - 1) + Int(bytes[depth])
    }
  }

  private static func residentPages(_ memory: SlotMemory) -> Int {
    var pages = [UInt8](repeating: 0, count: SlotMemory.stackBytes / 4096)
    mincore(memory.stackLow, SlotMemory.stackBytes, &pages)
    return pages.count { $0 & 1 == 1 }
  }

  @Test("the least limit of the machine decides, and is named")
  func limits() {
    let limits = ThreadLimits(
      pidMax: 32768, threadsMax: 192_686, maxMapCount: 65530, userProcesses: nil, cgroupPids: nil,
      guardsSplit: false)
    #expect(limits.cap == 16384)
    #expect(limits.statement == "up to 16384 job threads (kernel.pid_max = 32768)")
    let split = ThreadLimits(
      pidMax: 4_194_304, threadsMax: 192_686, maxMapCount: 65530, userProcesses: 96_343, cgroupPids: nil,
      guardsSplit: true)
    #expect(split.cap == 16382 && split.statement.contains("vm.max_map_count = 65530"))
    let cgroup = ThreadLimits(
      pidMax: nil, threadsMax: nil, maxMapCount: nil, userProcesses: 1000, cgroupPids: 100, guardsSplit: true)
    #expect(cgroup.cap == 75)
    let none = ThreadLimits(
      pidMax: nil, threadsMax: nil, maxMapCount: nil, userProcesses: nil, cgroupPids: nil, guardsSplit: true)
    #expect(none.cap == 1 && none.sources.isEmpty)
  }

  @Test("this machine states its limits")
  func machine() {
    let limits = ThreadLimits.read()
    #expect(limits.sources.contains { $0.name == "kernel.pid_max" && $0.value > 300 })
    #expect(limits.cap > 10 && limits.statement.contains(String(limits.cap)))
  }
}
