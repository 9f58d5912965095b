import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Ctrl-C while a plug-in is checked")
struct CheckInterruptTests {
  /// Says that it runs, and never ends.
  private static let source = """
    #include <bulkhead/all.h>
    #include <fcntl.h>
    #include <stdlib.h>
    #include <unistd.h>
    BH_MANIFEST({"id": "endless", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
      "actions": [{"name": "act", "parameters": {"type": "object", "properties": {"path": {"type": "string"}},
                                                 "required": ["path"]}}]});
    static int32_t act(bh_ctx *ctx) {
      int ready = open(getenv("CHECK_READY"), O_WRONLY);
      (void)bh_param_str(ctx, "path", "");
      if (ready < 0 || write(ready, "x", 1) != 1) return BH_IO;
      for (;;) pause();
    }
    static const bh_action actions[] = {BH_ACTION("act", act)};
    BH_PLUGIN(actions)
    """

  @Test("it ends with 130, and leaves no temporary file")
  func interrupt() async throws {
    try await onThread {
      var name = Array("/tmp/bulkhead-interrupt-XXXXXX".utf8CString)
      guard mkdtemp(&name) != nil else { throw ToolFailure("cannot make a temporary folder") }
      let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let temporary = folder + "/tmp"
      try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
      try Self.source.write(toFile: folder + "/endless.c", atomically: true, encoding: .utf8)
      let build = try ToolRun([
        "cc", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs,-z,now", "-I", Sample.headers,
        folder + "/endless.c", "-o", folder + "/endless.so",
      ])
      #expect(build.status == 0, "\(build.output)")
      try #require(mkfifo(folder + "/ready", 0o600) == 0)
      let ready = open(folder + "/ready", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      defer { close(ready) }

      let check = try StartedCommand(
        ["plugin", "check", folder + "/endless.so", "--only", "run.returns"],
        environment: ["TMPDIR": temporary, "CHECK_READY": folder + "/ready"])
      var watched = pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
      #expect(poll(&watched, 1, 60_000) == 1, "\(check.text)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).count == 1)
      check.interrupt()
      #expect(check.end() == 130, "\(check.text)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
    }
  }
}
