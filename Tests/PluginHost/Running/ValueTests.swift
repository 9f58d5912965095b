import CBulkheadPlugin
import DataModel
import Testing

@testable import PluginHost

@Suite("Parameters and results")
struct ValueTests {
  static let source = #"""
    #define GET(type, name, path) \
      do { type value; bh_result_i64(ctx, path, params->get_##name(ctx, bh_text(path), &value)); } while (0)
    static int32_t reads(bh_ctx *ctx) {
      bh_result_str(ctx, "text", bh_param_str(ctx, "text", "none"));
      bh_result_i64(ctx, "terminated", (int64_t)strlen(bh_param_str(ctx, "text", "")));
      bh_result_i64(ctx, "same", bh_param_str(ctx, "text", "a") == bh_param_str(ctx, "text", "b"));
      bh_result_str(ctx, "nested", bh_param_str(ctx, "disk/name", "none"));
      bh_result_str(ctx, "slash", bh_param_str(ctx, "a/b", "none"));
      bh_result_i64(ctx, "deep", bh_param_i64(ctx, "disk/size/gib", -1));
      bh_result_i64(ctx, "big", bh_param_i64(ctx, "big", -1));
      bh_result_i64(ctx, "whole", bh_param_i64(ctx, "whole", -1));
      bh_result_i64(ctx, "real", (int64_t)(bh_param_f64(ctx, "real", 0) * 1000));
      bh_result_i64(ctx, "real_of_int", (int64_t)bh_param_f64(ctx, "big", 0) == 9007199254740993 - 1);
      bh_result_i64(ctx, "yes", bh_param_bool(ctx, "yes", -1));
      bh_result_i64(ctx, "no", bh_param_bool(ctx, "no", -1));
      bh_result_str(ctx, "missing", bh_param_str(ctx, "nothing", "fallback"));
      bh_result_i64(ctx, "null", bh_param_i64(ctx, "null", -5));
      bh_str json = bh_params_json(ctx), again = bh_params_json(ctx);
      bh_result_i64(ctx, "json", json.ptr == again.ptr && json.ptr[json.len] == 0 && json.ptr[0] == '{');
      return BH_OK;
    }
    static int32_t codes(bh_ctx *ctx) {
      const bh_params_table *params = bh_params_of(ctx);
      GET(bh_str, str, "big");
      GET(int64_t, i64, "text");
      GET(int64_t, i64, "real");
      GET(double, f64, "yes");
      GET(int32_t, bool, "whole");
      GET(bh_str, str, "gone");
      GET(bh_str, str, "disk");
      GET(bh_str, str, "disk/name/more");
      GET(bh_str, str, "null");
      GET(int64_t, i64, "");
      bh_result_i64(ctx, "place", params->get_str(ctx, bh_text("text"), NULL));
      bh_result_i64(ctx, "place_i64", params->get_i64(ctx, bh_text("big"), NULL));
      return BH_OK;
    }
    static int32_t wants_text(bh_ctx *ctx) {
      bh_str value;
      return bh_params_of(ctx)->get_str(ctx, bh_text("big"), &value);
    }
    static int32_t recovers(bh_ctx *ctx) {
      bh_str value;
      bh_params_of(ctx)->get_str(ctx, bh_text("gone"), &value);
      return BH_OK;
    }
    static int32_t explains(bh_ctx *ctx) {
      bh_str value;
      int32_t code = bh_params_of(ctx)->get_str(ctx, bh_text("gone"), &value);
      return bh_fail(ctx, code, "cannot begin");
    }
    static int32_t whole(bh_ctx *ctx) {
      bh_str text = {NULL, 0};
      bh_params_of(ctx)->get_str(ctx, bh_text("result"), &text);
      return bh_result_of(ctx)->set_json(ctx, text);
    }
    static int32_t merges(bh_ctx *ctx) {
      bh_result_json(ctx, "{\"kept\": [1, 2.5, null], \"changed\": 1}");
      bh_result_i64(ctx, "changed", INT64_MIN);
      bh_result_str(ctx, "odd \" name", "line\nwith \x01 and \xf0\x9f\x98\x80 and \xc3(");
      bh_result_json(ctx, "not json");
      return BH_OK;
    }
    static int32_t replaces(bh_ctx *ctx) {
      bh_result_i64(ctx, "old", 1);
      bh_result_json(ctx, "{ \"new\" : 1.50 }");
      return BH_OK;
    }
    static int32_t lists(bh_ctx *ctx) {
      static const char *const paths[] = {
        "list/0/n", "list/1/n", "list/2/n", "list/-1/n", "list/+1/n", "list/99999999999999999999/n", "list//n"};
      for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        bh_result_i64(ctx, paths[i], bh_param_i64(ctx, paths[i], -1));
      bh_result_i64(ctx, "matrix", bh_param_i64(ctx, "matrix/1/0", -1));
      bh_result_i64(ctx, "items", (int64_t)bh_param_count(ctx, "list"));
      bh_result_i64(ctx, "members", (int64_t)bh_param_count(ctx, "list/0"));
      bh_result_i64(ctx, "all", (int64_t)bh_param_count(ctx, ""));
      bh_result_i64(ctx, "none", (int64_t)bh_param_count(ctx, "gone"));
      uint64_t count = 0;
      bh_result_i64(ctx, "text", bh_params_of(ctx)->count(ctx, bh_text("list/0/n"), &count));
      return BH_OK;
    }
    static int32_t kinds(bh_ctx *ctx) {
      bh_result_bool(ctx, "yes", 7);
      bh_result_bool(ctx, "no", 0);
      bh_result_f64(ctx, "half", 0.5);
      bh_result_value(ctx, "list", "[1, \"two\", null]");
      bh_result_i64(ctx, "nan", bh_result_f64(ctx, "half", __builtin_nan("")));
      bh_result_i64(ctx, "bad", bh_result_value(ctx, "list", "[1"));
      bh_result_i64(ctx, "empty", bh_result_value(ctx, "list", ""));
      return BH_OK;
    }
    static int32_t fills(bh_ctx *ctx) {
      static char text[900002] = "\"";
      memset(text + 1, 'y', 900000);
      text[900001 - 1] = '"';
      bh_str list = {text, 900001};
      int32_t code = bh_result_of(ctx)->set_value(ctx, bh_text("a"), list);
      return code < 0 ? code : bh_result_of(ctx)->set_value(ctx, bh_text("b"), list);
    }
    static int32_t huge(bh_ctx *ctx) {
      static char text[(1 << 20) + 16];
      bh_str lie = {"x", UINT64_MAX};
      memset(text, 'y', sizeof text);
      bh_str fits = {text, 1000000}, over = {text, sizeof text};
      const bh_result_table *result = bh_result_of(ctx);
      bh_result_i64(ctx, "lie", result->set_str(ctx, bh_text("a"), lie));
      bh_result_i64(ctx, "lie_json", result->set_json(ctx, lie));
      bh_result_i64(ctx, "over", result->set_str(ctx, bh_text("b"), over));
      bh_result_i64(ctx, "first", result->set_str(ctx, bh_text("c"), fits));
      bh_result_i64(ctx, "second", result->set_str(ctx, bh_text("d"), fits));
      bh_result_i64(ctx, "smaller", result->set_str(ctx, bh_text("c"), bh_text("short")));
      return BH_OK;
    }
    """#

  static let plugin = Result {
    try InlinePlugin(
      source,
      actions: [
        "reads", "codes", "wants_text", "recovers", "explains", "whole", "merges", "replaces", "huge",
        "lists", "kinds", "fills",
      ])
  }

  static let params = """
    {"text":"größe","disk":{"name":"vda","size":{"gib":20}},"a/b":"literal","big":9007199254740993,\
    "whole":4.0,"real":2.5,"yes":true,"no":false,"null":null}
    """

  @Test("parameters are read by name and by path, with their exact values")
  func reads() async throws {
    let end = try await execute(Self.plugin.get().run("reads", params: Self.params))
    let texts = try JSONValue(parsing: end.result ?? "").objectValue?.compactMapValues(\.stringValue)
    #expect(
      texts == [
        "text": "größe", "nested": "vda", "slash": "literal", "missing": "fallback",
      ])
    #expect(
      try numbers(end) == [
        "terminated": 7, "same": 1, "deep": 20, "big": 9_007_199_254_740_993, "whole": 4, "real": 2500,
        "real_of_int": 1, "yes": 1, "no": 0, "null": -5, "json": 1,
      ])
  }

  @Test("a parameter of another type is invalid, one that was not given is not found")
  func codes() async throws {
    let end = try await execute(Self.plugin.get().run("codes", params: Self.params))
    let (invalid, missing) = (Int64(BH_INVALID), Int64(BH_NOT_FOUND))
    #expect(
      try numbers(end) == [
        "big": invalid, "text": invalid, "real": invalid, "yes": invalid, "whole": invalid, "gone": missing,
        "disk": invalid, "disk/name/more": missing, "null": missing, "": invalid, "place": invalid,
        "place_i64": invalid,
      ])
  }

  @Test("items of a list are read by their number, and counted")
  func lists() async throws {
    let params = #"{"list":[{"n":5,"m":0},{"n":6}],"matrix":[[1],[2]]}"#
    let end = try await execute(Self.plugin.get().run("lists", params: params))
    #expect(
      try numbers(end) == [
        "list/0/n": 5, "list/1/n": 6, "list/2/n": -1, "list/-1/n": -1, "list/+1/n": -1,
        "list/99999999999999999999/n": -1, "list//n": -1, "matrix": 2, "items": 2, "members": 2, "all": 2,
        "none": 0, "text": Int64(BH_INVALID),
      ])
  }

  @Test("a result has members of every type; what is no JSON changes none of them")
  func kinds() async throws {
    let plugin = try Self.plugin.get()
    let result = try JSONValue(parsing: try await execute(plugin.run("kinds")).result ?? "")
    #expect(
      result.text
        == #"{"bad":-4,"empty":-4,"half":0.5,"list":[1,"two",null],"nan":-4,"no":false,"yes":true}"#)
    let full = try await execute(plugin.run("fills"))
    #expect(full.code == BH_INVALID && full.message == "the result is longer than 1 MiB")
  }

  @Test("a run that fails of a host call is told why; one that goes on is not blamed")
  func why() async throws {
    let plugin = try Self.plugin.get()
    let failed = try await execute(plugin.run("wants_text", params: Self.params))
    #expect(failed.code == BH_INVALID && failed.message == "the parameter \"big\" is not text")
    #expect(try await execute(plugin.run("recovers")).message == "")
    let explained = try await execute(plugin.run("explains"))
    #expect(explained.message == "cannot begin\nthe parameter \"gone\" was not given")
  }

  @Test(
    "a result is a JSON object or refused",
    arguments: [
      (#"{"a":1}"#, Int32(0)), (" { } ", 0), ("[1]", BH_INVALID), ("{", BH_INVALID), ("", BH_INVALID),
      ("{\"a\":1}x", BH_INVALID), ("nul", BH_INVALID),
    ])
  func whole(text: String, code: Int32) async throws {
    let params = JSONValue.object(["result": .string(text)]).text
    let end = try await execute(Self.plugin.get().run("whole", params: params))
    #expect(end.code == code)
    #expect(end.result == (code == 0 ? text : nil))
    #expect(end.message.isEmpty == (code == 0))
  }

  @Test("members are merged into the whole; a wrong whole changes nothing")
  func merges() async throws {
    let end = try await execute(Self.plugin.get().run("merges"))
    let wanted: JSONValue = .object([
      "kept": .array([.int(1), .real(2.5), .null]), "changed": .int(.min),
      "odd \" name": .string("line\nwith \u{1} and 😀 and \u{FFFD}("),
    ])
    #expect(try JSONValue(parsing: end.result ?? "") == wanted)
    #expect(end.message.isEmpty)
  }

  @Test("a later whole replaces all members, and stays as it was written")
  func replaces() async throws {
    #expect(try await execute(Self.plugin.get().run("replaces")).result == "{ \"new\" : 1.50 }")
  }

  @Test("results beyond 1 MiB are refused, however the length is told")
  func huge() async throws {
    let end = try await execute(Self.plugin.get().run("huge"))
    let invalid = Int64(BH_INVALID)
    #expect(
      try numbers(end) == [
        "lie": invalid, "lie_json": invalid, "over": invalid, "first": 0, "second": invalid, "smaller": 0,
      ])
    #expect(try JSONValue(parsing: end.result ?? "")["c"] == .string("short"))
  }

  @Test("text is cut between characters", arguments: ["é", "€", "😀"])
  func cut(character: String) {
    for shift in 0..<4 {
      var text = String(repeating: "x", count: shift) + String(repeating: character, count: 2000)
      let length = UInt64(text.utf8.count)
      let cut = text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { bh_str(ptr: $0.baseAddress, len: length).text(limit: 1000) }
      }
      let (kept, note) = (cut.prefix { $0 != "…" }, cut.drop { $0 != "…" })
      #expect(text.hasPrefix(kept) && kept.utf8.count <= 1000 && kept.utf8.count > 996)
      #expect(note == "… (cut: \(length) bytes in all)")
    }
  }
}
