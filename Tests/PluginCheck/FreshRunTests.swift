import DataModel
import Foundation
import Glibc
import PluginCheck
import TestSupport
import Testing

/// Actions that can be done once, and actions that never can.
@Suite("plugin check and actions that fail")
struct FreshRunTests {
  private static let plugin = Result {
    try TriedPlugin(
      """
      #include <errno.h>
      #include <fcntl.h>
      #include <string.h>
      #include <unistd.h>
      static int32_t create(bh_ctx *ctx) {
        const char *text = bh_param_str(ctx, "to", "");
        int file = open(text, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (file < 0) return bh_failf(ctx, BH_IO, "%s: %s", text, strerror(errno));
        close(file);
        return bh_checkpoint(ctx);
      }
      static int32_t once(bh_ctx *ctx) {
        static int64_t last;
        int64_t n = bh_param_i64(ctx, "n", 0);
        if (n == last) return bh_fail(ctx, BH_CONFLICT, "that number was there before");
        last = n;
        return BH_OK;
      }
      static int32_t tell(bh_ctx *ctx) {
        const char *path = bh_param_str(ctx, "to", "");
        int pipe = open(bh_param_str(ctx, "note", ""), O_WRONLY | O_CLOEXEC);
        if (pipe < 0 || write(pipe, path, strlen(path)) < 0) return bh_fail(ctx, BH_IO, "cannot tell");
        close(pipe);
        return bh_sleep(ctx, 60000);
      }
      """, actions: ["create", "once", "tell"],
      parameters: #""to": {"type": "string"}, "note": {"type": "string"}, "n": {"type": "integer"}"#)
  }

  private static func run(_ arguments: [String]) async throws -> CommandRun {
    let file = try plugin.get().file
    return try await onThread { try CommandRun(["plugin", "check", file] + arguments) }
  }

  @Test("an action that never succeeds is a warning with its message and what to do")
  func never() async throws {
    let run = try await Self.run([
      "--action", "create", "--param", "to=/nowhere/x", "--only", "run.success,run.result",
    ])
    #expect(run.exitCode == 0)
    #expect(run.output.contains("! run.success"), "\(run.output)")
    #expect(
      run.output.contains("none of 6 runs of create succeeded: BH_IO (-8), \"/nowhere/x: No such file"))
    #expect(run.output.contains("{tmp} is an empty folder"))
    #expect(run.output.contains("– run.result") && run.output.contains("no run worked: BH_IO (-8)"))
    #expect(!run.output.contains("give --action and --param that work"), "they were given")
  }

  @Test("{tmp} is an empty folder in each run, so that what may not be there can be made again")
  func folder() async throws {
    let run = try await Self.run([
      "--action", "create", "--param", "to={tmp}/new", "--only", "run.*,stop.cancel", "--strict",
    ])
    #expect(run.exitCode == 0, "\(run.output)")
    #expect(run.output.contains("✓ run.success"))
  }

  @Test("{run} is a number that no other run has")
  func number() async throws {
    let fresh = try await Self.run([
      "--action", "once", "--param", "n={run}", "--only", "run.success", "--strict",
    ])
    #expect(fresh.exitCode == 0, "\(fresh.output)")
    let same = try await Self.run([
      "--action", "once", "--param", "n=5", "--only", "run.returns,run.success", "--strict",
    ])
    #expect(same.output.contains("✓ run.success"), "the first of several runs works")
  }

  @Test("one skipped rule after the other for the same reason is one line, with --verbose each has its own")
  func folded() async throws {
    let folded = try await Self.run(["--static"])
    #expect(folded.output.contains("were skipped: --static runs no code of the plug-in"))
    #expect(!folded.output.contains("– run.returns"))
    #expect(try await Self.run(["--static", "--verbose"]).output.contains("– run.returns"))
  }

  @Test("a plug-in without an entry is told once")
  func entry() async throws {
    let run = try await onThread { try CommandRun(["plugin", "check", Sample.misbehaving("no_entry")]) }
    #expect(run.exitCode == 1 && run.output.contains("passed") == false)
    #expect(run.output.components(separatedBy: "error ").count == 2, "\(run.output)")
  }

  @Test("with --action nothing is said of other actions")
  func focus() async throws {
    let all = try await Self.run(["--static"])
    #expect(all.output.contains("  - once: it has no title"))
    let one = try await Self.run(["--static", "--action", "create"])
    #expect(one.exitCode == 64, "no parameters with --static")
    let report = try Checker.run(try Self.plugin.get().file, Self.focused)
    #expect(report.findings.map(\.place) == ["create"])
  }

  private static var focused: CheckOptions {
    var options = CheckOptions()
    options.only = ["manifest.texts"]
    options.action = "create"
    return options
  }

  @Test("Ctrl-C leaves no folder in /tmp")
  func interrupted() async throws {
    let file = try Self.plugin.get().file
    let note = FileManager.default.temporaryDirectory.path + "/bulkhead-note-" + UUID().uuidString
    #expect(mkfifo(note, 0o600) == 0)
    defer { try? FileManager.default.removeItem(atPath: note) }
    try await onThread {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: RunningEngine.executable)
      process.arguments = ["plugin", "check", file, "--action", "tell", "--param", "to={tmp}"]
      process.arguments? += ["--param", "note=" + note]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      // The run opens the other end and says where it is.
      let pipe = try #require(FileHandle(forReadingAtPath: note))
      let path = String(decoding: pipe.readDataToEndOfFile(), as: UTF8.self)
      #expect(path.contains("/bulkhead-check-") && FileManager.default.fileExists(atPath: path))
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
}
