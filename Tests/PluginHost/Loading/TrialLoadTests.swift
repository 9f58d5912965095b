import Foundation
import PluginHost
import TestSupport
import Testing
import Threading

@Suite("Trial load")
struct TrialLoadTests {
  private func objection(_ path: String, milliseconds: Int64 = 60_000) async throws -> Objection? {
    try await onThread {
      do throws(Objection) {
        try TrialLoad(command: TrialCommand.words, limitMilliseconds: milliseconds).run(imagePath: path)
        return nil
      } catch {
        return error
      }
    }
  }

  private func constructor(_ id: String, _ code: String) throws -> String {
    try PluginSource(id: id, code: "__attribute__((constructor)) static void begin(void) { \(code) }").build()
  }

  @Test("a good plug-in passes", arguments: ["checksum", "noop"])
  func good(name: String) async throws {
    #expect(try await objection(Sample.build("SamplePlugins/\(name)/\(name).c")) == nil)
  }

  @Test("a constructor that crashes is named with its signal, and nothing of ours dies")
  func crash() async throws {
    let fault = try await objection(constructor("crash", "volatile int *volatile p = 0; *p = 1;"))
    #expect(fault?.rule == "a constructor, which runs while it is loaded, crashed with SIGSEGV")
    let raised = try await objection(Sample.misbehaving("crash_constructor"))
    #expect(raised?.rule.contains("crashed with SIGSEGV") == true)
    let aborted = try await objection(constructor("aborts", "fputs(\"no licence\\n\", stderr); abort();"))
    #expect(aborted?.rule.hasSuffix("crashed with SIGABRT (it wrote: no licence)") == true)
  }

  @Test("a constructor that hangs is ended, with all that it started")
  func hang() async throws {
    let path = try constructor(
      "hangs",
      "if (fork() == 0) { fprintf(stderr, \"child %d\\n\", getpid()); for (;;) pause(); } for (;;) pause();")
    let objection = try await objection(path, milliseconds: 1000)
    let rule = try #require(objection?.rule)
    #expect(rule.hasPrefix("a constructor, which runs while it is loaded, did not come back in 1 s"))
    let child = try #require(rule.split(separator: " ").compactMap { Int32($0.filter(\.isNumber)) }.last)
    let state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ") X"
    let letter = state[(state.lastIndex(of: ")") ?? state.startIndex)...].dropFirst(2).first
    #expect(letter == "X" || letter == "Z", "the child of the child is gone: \(state)")
  }

  @Test(
    "ending the process while loading is seen as such, whatever the exit code",
    .disabled(if: Sanitizer.isThere, "the child's leak check has an exit code of its own"))
  func exits() async throws {
    for code in [0, 3] {
      let objection = try await objection(constructor("exits\(code)", "exit(\(code));"))
      #expect(
        objection?.rule.hasSuffix("ended the process with exit code \(code)") == true,
        "\(objection?.rule ?? "none")")
    }
  }

  @Test("the entry is told apart from constructors")
  func entry() async throws {
    let crashing = PluginSource(
      id: "entrycrash",
      ending:
        "BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *h) { (void)h; act(0); volatile int *volatile p = 0; *p = 1; return 0; }"
    )
    #expect(try await objection(crashing.build())?.rule == "its bh_plugin_entry crashed with SIGSEGV")
    #expect(
      try await objection(Sample.misbehaving("entry_null"))?.rule == "its bh_plugin_entry returned NULL")
    let throwing = PluginSource(
      id: "entrythrows", code: "#include <stdexcept>",
      ending: """
        extern "C" BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *) {
          act(0); throw std::runtime_error("no database"); }
        """)
    let thrown = try await objection(throwing.build(suffix: "cpp"))
    #expect(thrown?.rule.contains("threw") == true && thrown?.rule.contains("no database") == true)
  }

  @Test("manifest and code have to name the same actions")
  func actions() async throws {
    let missing = try await objection(Sample.misbehaving("missing_action"))
    #expect(
      missing?.rule
        == "its manifest promises the action \"promised\", but its bh_plugin_entry gives no function for it")
    let extra = try await objection(Sample.misbehaving("extra_action"))
    #expect(
      extra?.rule == "its bh_plugin_entry gives the action \"smuggled\", but its manifest does not list it")
  }

  @Test(
    "tables with impossible numbers are refused",
    arguments: [
      ("{4, 1, 1, 1, sizeof(bh_action), list, 0}", "says that it has 4 bytes"),
      ("{sizeof(bh_plugin), 1, 1, 4000000000u, sizeof(bh_action), list, 0}", "lists 4000000000 actions"),
      ("{sizeof(bh_plugin), 1, 1, 1, 1, list, 0}", "actions of 1 bytes"),
      ("{sizeof(bh_plugin), 1, 1, 1, sizeof(bh_action), 0, 0}", "lists 1 actions"),
      ("{sizeof(bh_plugin), 1, 1, 2, sizeof(bh_action), list, 0}", "has the action \"act\" twice"),
      ("{sizeof(bh_plugin), 1, 1, 3, sizeof(bh_action), list, 0}", "has the action \"act\" twice"),
      (
        "{sizeof(bh_plugin), 1, 1, 1, sizeof(bh_action), list + 2, 0}",
        "action 0 of its bh_plugin is not complete"
      ),
      ("{sizeof(bh_plugin), 2, 1, 1, sizeof(bh_action), list, 0}", "its code says ABI level 2"),
    ])
  func tables(table: String, rule: String) async throws {
    let source = PluginSource(
      id: "tables",
      ending: """
        static const bh_action list[] = {BH_ACTION("act", act), BH_ACTION("act", act), BH_ACTION("x", 0)};
        static const bh_plugin plugin = \(table);
        BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *h) { (void)h; return &plugin; }
        """)
    let objection = try await objection(source.build(flags: ["-Wno-everything", "-w"]))
    #expect(objection?.rule.contains(rule) == true, "\(objection?.rule ?? "accepted")")
  }

  @Test("flags that this host does not know refuse the load; an action of newer headers may be longer")
  func growth() async throws {
    func source(_ flags: Int) -> PluginSource {
      PluginSource(
        id: "grown",
        ending: """
          static const struct { bh_action now; uint64_t later[2]; } list[] = {
            {{sizeof list[0], \(flags), "act", act, NULL}, {1, 2}}};
          static const struct { bh_plugin now; uint64_t later; } plugin = {
            {sizeof plugin, 1, 1, 1, sizeof list[0], &list[0].now, NULL}, 3};
          BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *h) { (void)h; return &plugin.now; }
          """)
    }
    #expect(try await objection(source(0).build()) == nil)
    let refused = try await objection(source(4).build())
    #expect(refused?.rule.contains("the action \"act\" of its bh_plugin has the flags 4") == true)
  }

  @Test("a plug-in that refuses to be loaded says why")
  func refuses() async throws {
    let source = PluginSource(
      id: "refuses",
      ending: """
        BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *host) {
          void *keep = (void *)act;
          return keep ? bh_refuse(host, "needs libvirt 9 or newer") : NULL;
        }
        """)
    #expect(try await objection(source.build())?.rule == "it refuses to be loaded: needs libvirt 9 or newer")
  }

  @Test("what the loader says becomes a sentence of ours")
  func loaderMessages() async throws {
    let source = PluginSource(
      id: "undefined",
      code: "void nowhere_to_be_found(void); void *keep(void) { return (void *)nowhere_to_be_found; }")
    let objection = try await objection(source.build(flags: ["-Wl,-z,undefs"]))
    #expect(objection?.rule == "it uses nowhere_to_be_found, which none of the libraries that it names has")
    #expect(objection?.cure.contains("nowhere_to_be_found") == true)
  }

  @Test("the child has no rights, no descriptors and no environment of ours")
  func rights() async throws {
    let code = """
      fprintf(stderr, "uid %d", (int)getuid());
      for (int i = 3; i < 200; i++) if (i != 3 && i != 100 && lseek(i, 0, SEEK_CUR) >= 0) fprintf(stderr, " fd %d", i);
      fprintf(stderr, " home %s secret %s\\n", getenv("HOME"), getenv("BULKHEAD_TEST_SECRET") ? "seen" : "none");
      abort();
      """
    setenv("BULKHEAD_TEST_SECRET", "1", 1)
    defer { unsetenv("BULKHEAD_TEST_SECRET") }
    // Not close-on-exec: only the trial's own care keeps it out.
    let open = Foundation.open("/etc/passwd", O_RDONLY)
    defer { close(open) }
    let rule = try await objection(constructor("rights", code))?.rule ?? ""
    let user = geteuid() == 0 ? 65534 : geteuid()
    #expect(rule.hasSuffix("(it wrote: uid \(user) home / secret none)"), "\(rule)")
  }

  @Test(
    "output without end neither blocks nor fills memory, and forged reports do not pass",
    .disabled(if: Sanitizer.isThere, "a sanitizer's child has an exit code of its own"))
  func output() async throws {
    let noisy = try constructor("noisy", "for (int i = 0; i < 2000000; i++) puts(\"noise noise noise\");")
    #expect(try await objection(noisy) == nil)
    let forger = try constructor("forger", "puts(\"{\\\"loaded\\\":true}\"); fflush(stdout); _exit(0);")
    #expect(try await objection(forger)?.rule.contains("ended the process with exit code 0") == true)
  }

  @Test("a command that cannot be started is said to be, not blamed on the plug-in's code")
  func noCommand() async throws {
    let path = try Sample.checksum()
    let objection = try await onThread { () -> Objection? in
      do throws(Objection) {
        try TrialLoad(command: ["/nowhere/bulkhead"]).run(imagePath: path)
        return nil
      } catch {
        return error
      }
    }
    #expect(
      objection?.rule.hasPrefix("its trial load could not be started: cannot start /nowhere/bulkhead") == true
    )
  }
}
