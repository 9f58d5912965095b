import CBulkheadPlugin
import DataModel
import Foundation
import JobEngine
import TestSupport
import Testing

@testable import PluginHost
@testable import bulkhead

/// What `bulkhead sdk header` writes: compiled, and its readers run inside real plug-ins.
@Suite("Generated header")
struct GeneratedHeaderTests {
  static let manifest = #"""
    {"id": "every-type", "version": "1.0.0", "abi": {"built": 1}, "actions": [
     {"name": "read.all", "title": "Reads */ all ???/ of it", "description": "Long \u202e text /* here */*",
      "parameters": {"type": "object", "required": ["text", "int"], "properties": {
       "text": {"type": "string", "title": "A text", "description": "With a description.", "maxLength": 40},
       "int": {"type": "integer", "minimum": -5, "maximum": 5},
       "class": {"type": "string", "enum": ["a", "b"], "default": "a"},
       "linux": {"type": "boolean"},
       "URL": {"type": "string", "format": "uri"},
       "_odd": {"type": "number", "default": 1.5},
       "kebab-case": {"type": "integer"},
       "secret": {"type": "string", "format": "password", "default": "hunter2"},
       "list": {"type": "array", "items": {"type": "string"}},
       "anything": {},
       "free": {"type": "object", "additionalProperties": true},
       "disk": {"type": "object", "required": ["size_gib"], "properties": {
         "size_gib": {"type": "integer"}, "fast": {"type": "boolean", "default": true},
         "inner": {"type": "object", "properties": {"deep": {"type": "string"}}}}},
       "net": {"type": "object", "default": {"mtu": 9000}, "properties": {"mtu": {"type": "integer", "default": 1500}}}
      }}},
     {"name": "nothing"},
     {"name": "only.list", "parameters": {"properties": {"l": {"type": "array"}}}}]}
    """#

  private static func header() throws -> CHeader {
    try CHeader(try Manifest(text: manifest), from: "manifest.json")
  }

  private static let show = #"""
    static int32_t show(bh_ctx *ctx) {
      every_type_read_all_params p;
      int32_t code = every_type_read_all_params_read(ctx, &p);
      if (code < 0) return code;
      bh_logf(ctx, BH_INFO, "%s %lld %s %.2f %s", p.text.ptr, (long long)p.int_, p.class_.ptr, p.p_odd, p.secret.ptr);
      bh_logf(ctx, BH_INFO, "linux %d/%d url %d/%s kebab %d/%lld", p.has_linux_, p.linux_, p.has_url,
              p.has_url ? p.url.ptr : "-", p.has_kebab_case, (long long)p.kebab_case);
      bh_logf(ctx, BH_INFO, "disk %d/%lld/%d inner %d/%d/%s net %lld", p.has_disk, (long long)p.disk.size_gib,
              p.disk.fast, p.disk.has_inner, p.disk.inner.has_deep,
              p.disk.inner.has_deep ? p.disk.inner.deep.ptr : "-", (long long)p.net.mtu);
      return BH_OK;
    }
    """#

  /// The parameters as a job gets them: checked, defaults filled in.
  private static func filled(_ text: String) throws -> String {
    let schema = try #require(try Manifest(text: manifest).action(named: "read.all")).parameters
    let (filled, problems) = schema.check(try JSONValue(parsing: text))
    #expect(problems.isEmpty)
    return filled.text
  }

  @Test(
    "every type is read, what was not given says so, and defaults are there", arguments: ["cc", "c++"])
  func values(compiler: String) async throws {
    let plugin = try InlinePlugin(try Self.header().text + Self.show, actions: ["show"], compiler: compiler)
    let few = RecordingContext()
    let end = try await execute(
      try plugin.run("show", few, params: try Self.filled(#"{"text": "ü", "int": -5}"#)))
    #expect(end.code == BH_OK, "\(end.message)")
    #expect(
      few.lines == ["ü -5 a 1.50 hunter2", "linux 0/0 url 0/- kebab 0/0", "disk 0/0/0 inner 0/0/- net 9000"])
    let all = RecordingContext()
    let given = #"""
      {"text": "t", "int": 5.0, "class": "b", "linux": true, "URL": "http://x", "_odd": 3, "kebab-case": 7,
       "secret": "s", "list": ["x"], "anything": null, "free": {"x": 1}, "net": {},
       "disk": {"size_gib": 20, "fast": false, "inner": {"deep": "d"}}}
      """#
    let full = try await execute(try plugin.run("show", all, params: try Self.filled(given)))
    #expect(full.code == BH_OK, "\(full.message)")
    #expect(
      all.lines == ["t 5 b 3.00 s", "linux 1/1 url 1/http://x kebab 1/7", "disk 1/20/0 inner 1/1/d net 1500"])
  }

  @Test("a parameter of another type ends the action, and the failure names its path")
  func wrongType() async throws {
    let plugin = try InlinePlugin(try Self.header().text + Self.show, actions: ["show"])
    for (parameters, code, path) in [
      (#"{"text": 5, "int": 1}"#, BH_INVALID, "text"), (#"{"text": "t"}"#, BH_NOT_FOUND, "int"),
      (
        #"{"text": "t", "int": 1, "_odd": 1, "class": "a", "disk": {"size_gib": "big"}}"#, BH_INVALID,
        "disk/size_gib"
      ),
    ] {
      let end = try await execute(try plugin.run("show", params: parameters))
      #expect(end.code == code)
      #expect(end.message.hasPrefix("cannot read the parameter \(path)\n"), "\(end.message)")
    }
  }

  @Test(
    "it compiles without a warning whatever the texts are",
    arguments: ["gcc", "clang"], ["c11", "c17", "c++17", "c++20", "gnu11"])
  func compiles(compiler: String, standard: String) throws {
    let folder = NSTemporaryDirectory() + "bulkhead-header-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.header().text.write(toFile: folder + "/params.h", atomically: true, encoding: .utf8)
    try "#include \"params.h\"\n#include \"params.h\"\nint main(void) { return 0; }\n"
      .write(toFile: folder + "/a.c", atomically: true, encoding: .utf8)
    let run = try ToolRun([
      compiler, "-x", standard.hasPrefix("c++") ? "c++" : "c", "-std=" + standard, "-Wall", "-Wextra",
      "-pedantic",
      "-Werror", "-fsyntax-only", "-I", Sample.headers, folder + "/a.c",
    ])
    #expect(run.status == 0, "\(run.output)")
  }

  @Test("what cannot be a member is said, and a secret's default is not shown")
  func text() throws {
    let text = try Self.header().text
    #expect(text.contains(#"list: no member, read its items as "list/0", count them with bh_param_count."#))
    #expect(text.contains("It takes no parameters."))
    #expect(text.contains("No parameter of it can be a member"))
    #expect(!text.contains("only_list_params") && !text.contains("hunter2"))
    #expect(text.contains("Allowed: -5 to 5.") && text.contains("Default: 1.5."))
  }

  @Test("names that become one in C are refused, both of them named")
  func clashes() throws {
    let properties =
      #"{"type": "object", "properties": {"a-b": {"type": "integer"}, "a_b": {"type": "integer"}}}"#
    for actions in [
      #"[{"name": "x.y"}, {"name": "x-y"}]"#, #"[{"name": "x", "parameters": \#(properties)}]"#,
    ] {
      let text = #"{"id": "a", "version": "1", "abi": {"built": 1}, "actions": \#(actions)}"#
      let error = #expect(throws: EngineError.self) { try CHeader(try Manifest(text: text), from: "m.json") }
      #expect(error?.code == .refused && error?.message.contains("in C") == true)
      #expect(error?.message.contains(" and ") == true)
    }
  }

  @Test("every name of a parameter becomes a member that compiles")
  func members() {
    for (name, member) in [
      ("size", "size"), ("class", "class_"), ("linux", "linux_"), ("URL", "url"), ("_x", "p_x"),
      ("a-b", "a_b"),
      ("__FILE__", "p__file__"), ("INT", "int_"), ("fileName", "fileName"),
    ] {
      #expect(CName.member(name) == member)
    }
  }
}
