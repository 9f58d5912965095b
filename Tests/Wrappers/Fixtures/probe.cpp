/* cpp-probe: every call of the C++ wrapper, for its tests. One action a behaviour. */
#include <bulkhead/bulkhead.hpp>

#include <array>
#include <filesystem>
#include <stdexcept>

BH_MANIFEST({
  "id": "cpp-probe",
  "version": "1.0.0",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "echo",
      "parameters": {
        "type": "object",
        "properties": {
          "text": {"type": "string"},
          "count": {"type": "integer", "default": 7},
          "ratio": {"type": "number", "default": 0.5},
          "flag": {"type": "boolean", "default": true},
          "disk": {"type": "object", "properties": {"size_gib": {"type": "integer"}}},
          "tags": {"type": "array", "items": {"type": "string"}, "default": []},
          "sizes": {"type": "array", "items": {"type": "integer"}},
          "switches": {"type": "array", "items": {"type": "boolean"}, "default": [true, false]}
        },
        "required": ["text"]
      }
    },
    {"name": "throw", "parameters": {"type": "object", "properties": {"what": {"type": "string"}},
                                     "required": ["what"]}},
    {"name": "warn"},
    {"name": "wait"},
    {"name": "clean", "parameters": {"type": "object", "properties": {"end": {"type": "string"}},
                                     "required": ["end"]}},
    {"name": "memory"},
    {"name": "records"},
    {"name": "reserve", "parameters": {"type": "object", "properties": {"hostname": {"type": "string"}},
                                       "required": ["hostname"]}},
    {"name": "unknown"},
    {"name": "make", "parameters": {"type": "object", "properties": {"environment": {"type": "string"}},
                                    "required": ["environment"]}}
  ]
});

using namespace std::chrono_literals;
using bulkhead::context;

static void echo(context &ctx) {
  ctx.result("text", ctx.param<std::string>("text"));
  ctx.result("count", ctx.param<std::uint16_t>("count"));
  ctx.result("percent", static_cast<int>(ctx.param<double>("ratio") * 100));
  ctx.result("flag", ctx.param<bool>("flag") ? "yes" : "no");
  ctx.result("size", ctx.param_or<std::int64_t>("disk/size_gib", 20));
  ctx.result("missing", ctx.param_or("nowhere", "none"));
  ctx.result("tags", ctx.param<std::vector<std::string>>("tags"));
  ctx.result("sizes", ctx.param_or<std::vector<std::uint8_t>>("sizes", {1, 2}));
  ctx.result("switches", ctx.param<std::vector<bool>>("switches"));
  ctx.result("ratios", std::vector<double>{0.5, 1e300});
  ctx.result("on", ctx.param<bool>("flag"));
  ctx.result("ratio", ctx.param<double>("ratio"));
  ctx.result_value("nested", "{\"text\":" + bulkhead::json_quote(ctx.param<std::string>("text") + "\n\x01\xFF") + "}");
  ctx.result("json", ctx.params_json());
  ctx.log(bulkhead::level::error, "job " + std::to_string(ctx.job_id()));
  ctx.debug("debug");
  ctx.info("info");
  ctx.warn("warn");
  ctx.progress(1, 2, "half");
  if (ctx.attempt() != 1 || ctx.fence() == 0) throw bulkhead::error(BH_BUG, "attempt or fence");
}

struct odd {};

static void throws(context &ctx) {
  const auto what = ctx.param<std::string_view>("what");
  if (what == "error") throw bulkhead::error(BH_CONFLICT, "it is taken", "{\"by\":\"me\"}");
  if (what == "bad_alloc") throw std::bad_alloc();
  if (what == "runtime") throw std::runtime_error("the pump is dry");
  if (what == "odd") throw odd();
  if (what == "system") ctx.result("size", std::filesystem::file_size("/nowhere/at/all"));
  if (what == "exists") throw std::system_error(EEXIST, std::system_category(), "make it");
  if (what == "denied") throw std::filesystem::filesystem_error("open it", "/x", std::error_code(EACCES, std::system_category()));
  if (what == "refused") throw std::system_error(std::make_error_code(std::errc::connection_refused));
  if (what == "disk") throw std::system_error(EIO, std::generic_category(), "read it");
  if (what == "list") ctx.param<std::vector<std::string>>("what");
  if (what == "type") ctx.param<std::int64_t>("what");
  if (what == "absent") ctx.param<std::int64_t>("absent");
  if (what == "ok") throw bulkhead::error(BH_OK, "no success");
}

static std::int32_t warn(context &ctx) { return ctx.warning("one line was left out"); }

/* A stop ends the sleep; what the author catches around it is not it. */
static void wait(context &ctx) {
  try {
    ctx.progress(0, 0, "waiting");
    ctx.info("waiting");
    std::array<bh_poll, 1> fds = {{{ctx.stop_fd(), 1, 0}}};
    if (ctx.poll(fds, 0ms) != 0) throw std::logic_error("nobody has stopped it yet");
    ctx.sleep(1h);
  } catch (const std::exception &) {
    throw bulkhead::error(BH_BUG, "a stop was taken for a failure");
  }
}

struct counted {
  static inline std::atomic<int> alive{0};
  counted() { alive++; }
  counted(const counted &) noexcept { alive++; }
  counted(counted &&) noexcept { alive++; }
  ~counted() { alive--; }
};

static void clean(context &ctx) {
  const auto end = ctx.param<std::string>("end");
  const int before = counted::alive;
  bulkhead::always(ctx, "count", [before](context &at_end) {
    at_end.info("alive " + std::to_string(counted::alive - before));
  });
  bulkhead::on_fail(ctx, "undo " + end, [end, token = counted()](context &at_end) {
    at_end.info("undone " + end);
    if (end == "stubborn") throw bulkhead::error(BH_REMOTE, "it does not go");
  });
  auto wanted = bulkhead::on_fail(ctx, "not this", [token = counted()](context &at_end) { at_end.info("dropped"); });
  {
    bulkhead::scope_cleanup scope(ctx, "scope", [](context &at_end) { at_end.info("scope " + std::string("over")); });
    if (end == "in scope") throw bulkhead::error(BH_IO, "inside");
  }
  wanted.drop();
  wanted.drop();
  ctx.info("after scope");
  {
    bulkhead::hold torn(ctx);
    ctx.checkpoint(1);
  }
  if (end != "well") throw bulkhead::error(BH_IO, "as asked");
}

static void memory(context &ctx) {
  std::vector<std::int64_t, bulkhead::allocator<std::int64_t>> numbers(ctx);
  for (std::int64_t i = 0; i < 1000; i++) numbers.push_back(i);
  ctx.result("last", numbers.back());
#ifdef __cpp_lib_memory_resource
  bulkhead::memory_resource pool(ctx);
  std::pmr::string text("a text that is too long for the small buffer of a string", &pool);
  ctx.result("length", text.size());
#endif
}

static void records(context &ctx) {
  using bulkhead::value;
  bulkhead::entity servers(ctx, "server");
  const auto now = std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000123));
  const auto id = servers.create({{"hostname", "web-1"}, {"cpus", 4}, {"created_at", value::instant(now)}});
  const auto read = servers.get(id, {"hostname", "cpus", "owner", "created_at"});
  ctx.result("hostname", read["hostname"].as_text());
  ctx.result("cpus", read["cpus"].as_int());
  if (!read["owner"].is_null() || read["created_at"].as_instant() != now) throw bulkhead::error(BH_BUG, "read");
  const auto version = servers.set(id, {{"owner", "ada"}}, read.version);
  try {
    servers.set(id, {{"owner", "bob"}}, read.version);
    throw std::logic_error("an old version was taken");
  } catch (const bulkhead::error &failure) {
    ctx.result("conflict", failure.code());
  }
  ctx.result("found", servers.find("owner", "ada").size());
  ctx.result("one", servers.find_one("owner", "bob") ? 1 : 0);
  servers.remove(id, version);
  ctx.result("left", servers.find("hostname", "web-1").size());
  try {
    servers.find("colour", "red");
  } catch (const bulkhead::error &failure) {
    ctx.result("unknown", failure.message());
  }
}

/* Many of these run at the same time, and want the same server. */
static void reserve(context &ctx) {
  bulkhead::entity servers(ctx, "server");
  const auto server = servers.find_or_create({"hostname", ctx.param<std::string_view>("hostname")}, {{"cpus", 2}});
  ctx.result("id", server.id);
  ctx.result("is_new", server.is_new ? 1 : 0);
}

static void unknown(context &ctx) { bulkhead::entity handlers(ctx, "handlers"); }

static void make(context &ctx) {
  bulkhead::entity(ctx, "environment").create({{"name", ctx.param<std::string_view>("environment")}});
}

static const bh_action actions[] = {
  BH_ACTION("echo", bulkhead::action<echo>),   BH_ACTION("throw", bulkhead::action<throws>),
  BH_ACTION("warn", bulkhead::action<warn>),   BH_ACTION("wait", bulkhead::action<wait>),
  BH_ACTION("clean", bulkhead::action<clean>), BH_ACTION("memory", bulkhead::action<memory>),
  BH_ACTION("records", bulkhead::action<records>), BH_ACTION("make", bulkhead::action<make>),
  BH_ACTION("reserve", bulkhead::action<reserve>), BH_ACTION("unknown", bulkhead::action<unknown>),
};
BH_PLUGIN(actions)
