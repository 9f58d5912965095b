import Foundation
import TestSupport
import Testing

@Suite("Headers")
struct HeaderTests {
  @Test("each header compiles alone, without a warning", arguments: Dialect.all)
  func alone(dialect: Dialect) throws {
    let scratch = try Scratch()
    let sources = try Headers.names.enumerated().map { index, name in
      try scratch.write("header\(index).c", "#include <\(name)>\n")
    }
    #expect(sources.count >= 10)
    let run = try ToolRun(dialect.arguments + ["-fsyntax-only"] + sources)
    #expect(run.status == 0, "\(run.output)")
  }

  @Test("a whole plug-in compiles without a warning, macros and all", arguments: Dialect.all)
  func plugin(dialect: Dialect) throws {
    let folder = Sample.root + "/PluginSDK/template/c"
    let run = try ToolRun(dialect.arguments + ["-fsyntax-only", "-I", folder, folder + "/my_plugin.c"])
    #expect(run.status == 0, "\(run.output)")
  }

  @Test("all.h includes every header")
  func all() throws {
    let text = try String(contentsOfFile: Sample.headers + "/bulkhead/all.h", encoding: .utf8)
    for name in Headers.names where name != "bulkhead/all.h" {
      #expect(text.contains("#include \"\(name.dropFirst("bulkhead/".count))\""), "\(name) is missing")
    }
  }

  @Test("text of any bytes becomes UTF-8, and what is UTF-8 stays")
  func repair() throws {
    let scratch = try Scratch()
    let cases = [
      ("", ""), ("plain", "plain"), (#"\xC3\xBC"#, #"\xC3\xBC"#), (#"\xE2\x82\xAC"#, #"\xE2\x82\xAC"#),
      (#"\xF0\x9F\x98\x80"#, #"\xF0\x9F\x98\x80"#), (#"\xF4\x8F\xBF\xBF"#, #"\xF4\x8F\xBF\xBF"#),
      (#"a\xFFz"#, "a?z"), (#"\xC3"#, "?"), (#"\xE2\x82"#, "??"), (#"\xC0\xAF"#, "??"),
      (#"\xE0\x80\xAF"#, "???"), (#"\xED\xA0\x80"#, "???"), (#"\xF0\x80\x80\x80"#, "????"),
      (#"\xF4\x90\x80\x80"#, "????"), (#"\xF5"#, "?"), (#"\x80"#, "?"),
    ]
    let checks = cases.map { given, expected in
      "{ char text[] = \"\(given)\"; if (strcmp(bh_utf8_repair(text), \"\(expected)\") != 0) "
        + "puts(\"\(given.replacing("\\", with: "\\\\"))\"); }"
    }
    try scratch.write(
      "repair.c",
      "#include <bulkhead/all.h>\nint main(void) {\n\(checks.joined(separator: "\n"))\nreturn 0;\n}\n")
    let build = try scratch.run(["cc", "-I", Sample.headers, "repair.c", "-o", "repair"])
    #expect(build.status == 0, "\(build.output)")
    let run = try scratch.run(["./repair"])
    #expect(run.status == 0)
    #expect(run.output == "", "not repaired as it should be")
  }
}
