import CBulkheadPlugin
import DataModel
import Synchronization
import Testing

@testable import PluginHost

@Suite("Records through the host")
struct RecordTests {
  static let source = #"""
    static uint32_t server, handler, hostname, ip, cpus, created, owner, link;
    static const bh_records_table *resolve(bh_ctx *ctx) {
      const bh_records_table *r = bh_records_of(ctx);
      r->entity(ctx, bh_text("server"), &server);
      r->entity(ctx, bh_text("resource_handler"), &handler);
      r->field(ctx, server, bh_text("hostname"), &hostname);
      r->field(ctx, server, bh_text("ip"), &ip);
      r->field(ctx, server, bh_text("cpus"), &cpus);
      r->field(ctx, server, bh_text("created_at"), &created);
      r->field(ctx, server, bh_text("owner"), &owner);
      r->field(ctx, server, bh_text("handler"), &link);
      return r;
    }
    static int32_t life(bh_ctx *ctx) {
      const bh_records_table *r = resolve(ctx);
      char name[] = "web-1";
      bh_field_value values[] = {bh_set_str(hostname, name), bh_set_i64(cpus, 4),
                                 {created, 0, {BH_INSTANT, 0, 1700000000000, 0, {NULL, 0}}},
                                 {link, 0, {BH_REF, 0, 9, 0, {NULL, 0}}}};
      int64_t id = 0, version = 0, found[4];
      uint64_t count = 9;
      int32_t code = r->create(ctx, server, values, 4, &id);
      if (code < 0) return code;
      name[0] = 'X';
      bh_field_value change = bh_set_str(ip, "10.0.0.1");
      if ((code = r->set(ctx, server, id, 1, &change, 1, &version)) < 0) return code;
      bh_result_i64(ctx, "version", version);
      bh_field_value read[] = {{hostname, 0, {0}}, {ip, 0, {0}}, {cpus, 0, {0}}, {owner, 0, {0}},
                               {created, 0, {0}}, {link, 0, {0}}};
      if ((code = r->get(ctx, server, id, read, 6, &version)) < 0) return code;
      bh_result_str(ctx, "hostname", read[0].value.text.ptr);
      bh_result_str(ctx, "ip", read[1].value.text.ptr);
      bh_result_i64(ctx, "cpus", read[2].value.integer);
      bh_result_i64(ctx, "owner_type", read[3].value.type);
      bh_result_i64(ctx, "created", read[4].value.integer);
      bh_result_i64(ctx, "types", read[0].value.type * 100 + read[4].value.type * 10 + read[5].value.type);
      bh_field_value match = bh_set_str(hostname, "web-1");
      if ((code = r->find(ctx, server, &match, found, 4, &count)) < 0) return code;
      bh_result_i64(ctx, "found", (int64_t)count * 100 + found[0]);
      if ((code = r->find(ctx, server, &match, NULL, 0, &count)) < 0) return code;
      bh_result_i64(ctx, "found_none", (int64_t)count);
      if ((code = r->remove(ctx, server, id, version)) < 0) return code;
      bh_result_i64(ctx, "gone", r->get(ctx, server, id, read, 1, NULL));
      return BH_OK;
    }
    static int32_t wrong(bh_ctx *ctx) {
      const bh_records_table *r = resolve(ctx);
      uint32_t id32 = 0;
      int64_t id = 0;
      uint64_t count;
      bh_field_value text_for_int = bh_set_str(cpus, "four"), no_field = bh_set_i64(99, 1);
      bh_field_value unknown_type = {cpus, 0, {42, 0, 0, 0, {NULL, 0}}}, lie = bh_set_str(ip, "x");
      lie.value.text.len = UINT64_MAX;
      bh_result_i64(ctx, "entity", r->entity(ctx, bh_text("castle"), &id32));
      bh_result_i64(ctx, "field", r->field(ctx, server, bh_text("moat"), &id32));
      bh_result_i64(ctx, "field_of_none", r->field(ctx, 77, bh_text("moat"), &id32));
      bh_result_i64(ctx, "entity_place", r->entity(ctx, bh_text("server"), NULL));
      bh_result_i64(ctx, "type", r->create(ctx, server, &text_for_int, 1, &id));
      bh_result_i64(ctx, "no_field", r->create(ctx, server, &no_field, 1, &id));
      bh_result_i64(ctx, "no_entity", r->create(ctx, 77, &no_field, 1, &id));
      bh_result_i64(ctx, "unknown_type", r->set(ctx, server, 1, 0, &unknown_type, 1, NULL));
      bh_result_i64(ctx, "lie", r->set(ctx, server, 1, 0, &lie, 1, NULL));
      bh_result_i64(ctx, "many", r->create(ctx, server, &lie, UINT64_MAX, &id));
      bh_result_i64(ctx, "null_values", r->create(ctx, server, NULL, 1, &id));
      bh_result_i64(ctx, "no_id", r->create(ctx, server, NULL, 0, NULL));
      bh_result_i64(ctx, "find_place", r->find(ctx, server, &lie, NULL, 4, &count));
      bh_result_i64(ctx, "find_match", r->find(ctx, server, NULL, &id, 1, &count));
      bh_result_i64(ctx, "get_many", r->get(ctx, server, 1, NULL, 5, NULL));
      return BH_OK;
    }
    static int32_t twice(bh_ctx *ctx) {
      const bh_records_table *r = resolve(ctx);
      bh_field_value value = bh_set_str(hostname, "web-1");
      int64_t id;
      r->create(ctx, server, &value, 1, &id);
      int32_t code = r->create(ctx, server, &value, 1, &id);
      return code < 0 ? bh_fail(ctx, code, "cannot record the machine") : BH_OK;
    }
    static int32_t creates(bh_ctx *ctx) {
      const bh_records_table *r = resolve(ctx);
      bh_field_value value = bh_set_str(hostname, "web-1");
      int64_t id;
      int32_t code = r->create(ctx, server, &value, 1, &id);
      bh_result_i64(ctx, "checkpoint", bh_checkpoint(ctx));
      bh_result_i64(ctx, "again", r->create(ctx, server, &value, 1, &id));
      return code;
    }
    """#

  static let plugin = Result { try InlinePlugin(source, actions: ["life", "wrong", "twice", "creates"]) }

  @Test("a record is made, changed, read, found and deleted; texts are copied both ways")
  func life() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("life", context))
    #expect(end.code == BH_OK, "\(end.message)")
    let result = try JSONValue(parsing: end.result ?? "")
    #expect(result["hostname"] == .string("web-1") && result["ip"] == .string("10.0.0.1"))
    #expect(
      try numbers(end) == [
        "version": 2, "cpus": 4, "owner_type": 0, "created": 1_700_000_000_000, "types": 456, "found": 101,
        "found_none": 0, "gone": Int64(BH_NOT_FOUND),
      ])
    #expect(context.store.count == 0)
  }

  @Test("values are checked against the catalogue before anything is asked of the store")
  func wrong() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("wrong", context))
    let missing = ["entity", "field", "field_of_none"]
    for (name, code) in try numbers(end) {
      #expect(code == Int64(missing.contains(name) ? BH_NOT_FOUND : BH_INVALID), "\(name)")
    }
    #expect(try numbers(end).count == 15)
    #expect(context.store.count == 0 && end.message.isEmpty)
  }

  @Test("why the store refused stands behind the plug-in's own words")
  func refused() async throws {
    let end = try await execute(Self.plugin.get().run("twice"))
    #expect(end.code == BH_CONFLICT)
    #expect(end.message == "cannot record the machine: the hostname is taken")
  }

  @Test("a store that says the job is lost stops the run for good")
  func lost() async throws {
    let context = RecordingContext()
    context.store.refusal.withLock { $0 = HostError(code: BH_FENCED, message: "no longer yours") }
    let end = try await execute(Self.plugin.get().run("creates", context))
    #expect(end.code == BH_FENCED && end.stopBits == StopBits.fenced)
    #expect(end.message == "this run no longer owns job 4711")
    #expect(try numbers(end) == ["checkpoint": Int64(BH_FENCED), "again": Int64(BH_FENCED)])
    #expect(context.store.count == 0)
  }

  @Test("a call that gave up because of the stop tells which stop it was")
  func gaveUp() async throws {
    let context = RecordingContext()
    let run = try Self.plugin.get().run("creates", context)
    context.store.hook.withLock { $0 = { [weak run] in run?.raise(StopBits.deadline) } }
    context.store.refusal.withLock { $0 = HostError(code: BH_CANCELLED, message: "gave up") }
    let end = try await execute(run)
    #expect(end.code == BH_DEADLINE && end.stopBits == StopBits.deadline)
  }
}
