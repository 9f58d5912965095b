import Foundation
import Supervision
import TestSupport
import Testing
import Threading

/// Processes are real here: what is said of them comes from the kernel.
@Suite(.serialized) struct SupervisionTests {
  @Test("the delay before a restart grows while workers end quickly, and is forgotten after a calm minute")
  func backOff() {
    var policy = RestartPolicy()
    let delays = (0..<12).map { _ in policy.delay(startedAt: 0, endedAt: 10) }
    #expect(delays.prefix(4) == [0, 100, 200, 400])
    #expect(delays.last == RestartPolicy.longestDelay)
    #expect(policy.delay(startedAt: 0, endedAt: RestartPolicy.calm) == 0)
    #expect(policy.delay(startedAt: 0, endedAt: 10) == 100)
  }

  @Test("a stat line is read whatever the command is called")
  func stat() {
    let line = "42 (a) b (c) S 1 42 41 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1"
    let facts = ProcessFacts(pid: 42, stat: line)
    #expect(facts?.session == 41)
    #expect(facts?.startTicks == 123_456)
    #expect(facts?.hasEnded == false)
    #expect(ProcessFacts(pid: 42, stat: "42 (x) Z") == nil)
    #expect(ProcessFacts(pid: 42, stat: "") == nil)
  }

  @Test("a child leads its own session, its end is seen with its cause, and what it left is killed")
  func child() throws {
    let script =
      "sh -c 'trap \"\" HUP; exec cat /dev/zero >/dev/null' & echo started; exec cat /dev/zero >/dev/null"
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(null) }
    let handle = try ChildProcess.spawn(
      "/bin/sh", ["-c", script], environment: ["PATH": "/bin:/usr/bin"], output: null)
    #expect(handle.facts.session == handle.facts.pid)
    #expect(!handle.hasEnded)
    let bell = Bell()
    for _ in 0..<500 where ProcessFacts.ofSession(handle.facts.pid).count < 2 { bell.wait(milliseconds: 10) }
    handle.signal(SIGKILL)
    #expect(handle.waitForEnd(milliseconds: 10_000) == "killed by signal 9")
    #expect(handle.killSession() >= 1)
    for _ in 0..<500 where ProcessFacts.ofSession(handle.facts.pid).contains(where: { !$0.hasEnded }) {
      bell.wait(milliseconds: 10)
    }
    #expect(!ProcessFacts.ofSession(handle.facts.pid).contains { !$0.hasEnded })
  }

  @Test(
    "what forks and ends all the time is killed with its session, and nothing of it lives when that is said")
  func hopping() throws {
    let folder = NSTemporaryDirectory() + "bulkhead-hop-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Ends by itself some seconds later, should nobody kill it.
    let source = """
      #include <unistd.h>
      int main(void) {
        if (fork() != 0) { write(1, "x", 1); for (;;) pause(); }
        for (int i = 0; i < 20000; i++) { if (fork() != 0) _exit(0); usleep(300); }
        return 0;
      }
      """
    try source.write(toFile: folder + "/hop.c", atomically: true, encoding: .utf8)
    let built = try ToolRun(["cc", "-O", folder + "/hop.c", "-o", folder + "/hop"])
    try #require(built.status == 0, "\(built.output)")
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let handle = try ChildProcess.spawn(folder + "/hop", [], environment: [:], output: ends[1])
    close(ends[1])
    var byte: UInt8 = 0
    #expect(read(ends[0], &byte, 1) == 1)
    handle.signal(SIGKILL)
    #expect(handle.waitForEnd(milliseconds: 10_000) == "killed by signal 9")
    _ = handle.killSession()
    // The pipe is at its end when nobody has it open any more.
    var entry = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    #expect(poll(&entry, 1, 0) == 1 && read(ends[0], &byte, 1) == 0)
  }

  @Test("another process with the same number is not taken for the one that was meant")
  func reusedNumber() throws {
    let own = try #require(ProcessFacts(pid: getpid()))
    #expect(ProcessHandle(pid: own.pid, startTicks: own.startTicks, isChild: false) != nil)
    #expect(ProcessHandle(pid: own.pid, startTicks: own.startTicks + 1, isChild: false) == nil)
  }
}
