/* A host that counts: what the C++ wrapper takes it gives back, and steps and answers cross as they should. */
#include <bulkhead/bulkhead.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>

static long blocks, most_blocks;
static std::map<std::uint64_t, std::pair<bh_cleanup_fn, void *>> entries;
static std::uint64_t last_id;
static bool was_begun; /* whether the step on offer began in an earlier run */
static std::int32_t looked, answered;
static int wrong;

static void expect(const char *what, long got, long expected) {
  if (got == expected) return;
  std::printf("%s: got %ld, expected %ld\n", what, got, expected);
  wrong = 1;
}

static bh_cleanup_table cleanup_table = {
    sizeof cleanup_table, 0,
    [](bh_ctx *, std::uint32_t, bh_str, bh_cleanup_fn function, void *arg, std::uint64_t *id_out) -> std::int32_t {
      entries[*id_out = ++last_id] = {function, arg};
      return BH_OK;
    },
    [](bh_ctx *, std::uint64_t id) -> std::int32_t { return entries.erase(id) == 1 ? BH_OK : BH_NOT_FOUND; }};

static char kept[64];
static bh_steps_table steps_table = {
    sizeof steps_table, 0,
    [](bh_ctx *ctx, bh_str, bh_step_fn perform, bh_step_fn find, void *arg, bh_str *result_out) -> std::int32_t {
      bh_str text = {nullptr, 0};
      std::int32_t code = BH_NOT_FOUND;
      if (was_begun) looked = code = find == nullptr ? BH_UNKNOWN : find(ctx, bh_text("token"), arg, &text);
      if (code < 0 && code != BH_NOT_FOUND) return BH_UNKNOWN;
      if (code == BH_NOT_FOUND) code = perform(ctx, bh_text("token"), arg, &text);
      if (code < 0) return code;
      std::snprintf(kept, sizeof kept, "%.*s", int(text.len), text.ptr == nullptr ? "" : text.ptr);
      *result_out = bh_text(kept);
      return code;
    },
    [](bh_ctx *, bh_str name) -> bh_str { return name; }};

static bh_reconcile_table reconcile_table = {
    sizeof reconcile_table, 0, [](bh_ctx *) { return bh_text("make"); }, [](bh_ctx *) { return bh_text("killed"); },
    [](bh_ctx *, std::uint64_t index, bh_lost_step *out) -> std::int32_t {
      if (index > 1) return BH_NOT_FOUND;
      *out = {bh_text("one"), bh_text("token"), bh_text(""), 0, 0};
      return BH_OK;
    },
    nullptr,
    [](bh_ctx *, std::uint32_t answer, bh_str) -> std::int32_t {
      answered = std::int32_t(answer);
      return BH_OK;
    }};

static const bh_host host = {
    sizeof host, 0, 1, 1,
    [](const bh_host *, bh_str id) -> const void * {
      const std::string_view name = bulkhead::to_view(id);
      return name == BH_CLEANUP_ID     ? static_cast<const void *>(&cleanup_table)
             : name == BH_STEPS_ID     ? static_cast<const void *>(&steps_table)
             : name == BH_RECONCILE_ID ? static_cast<const void *>(&reconcile_table)
                                       : nullptr;
    },
    [](bh_ctx *, std::uint64_t size, std::uint64_t) -> void * {
      if (++blocks > most_blocks) most_blocks = blocks;
      return std::malloc(size);
    },
    [](bh_ctx *, void *block) {
      blocks--;
      std::free(block);
    },
    [](bh_ctx *, std::int32_t code, bh_str, bh_str) { return code; }, [](bh_ctx *, std::uint64_t) { return BH_OK; }};

using bulkhead::context;

static long calls;
struct counted { /* a function object that says when it is gone */
  static long living;
  counted() { living++; }
  counted(const counted &) { living++; }
  ~counted() { living--; }
  void operator()(context &) { calls++; }
};
long counted::living;

static void loops(context &ctx) {
  bulkhead::on_fail(ctx, "outer", counted());
  for (int i = 0; i < 1000; i++) {
    bulkhead::scope_cleanup scope(ctx, "scope", counted());
    auto first = bulkhead::on_fail(ctx, "first", counted()), second = bulkhead::always(ctx, "second", counted());
    auto third = std::move(first);
    third.drop();
    second.drop();
    second.drop();
  }
}

static void steps(context &ctx) {
  using namespace std::string_literals;
  const auto make = [](std::string_view token) { return "made with " + std::string(token); };
  was_begun = false;
  expect("perform", bulkhead::step(ctx, "x", make, bulkhead::cannot_tell{}) == "made with token", 1);
  expect("nothing to give", bulkhead::step(ctx, "x", [](std::string_view) {}, bulkhead::do_again{}).empty(), 1);
  try {
    bulkhead::step(ctx, "x", [](std::string_view) { throw std::logic_error("pump"); }, bulkhead::do_again{});
    expect("what perform throws", 0, 1);
  } catch (const std::logic_error &) {
  }
  was_begun = true;
  const auto find = [](std::string_view) { return std::optional("found"s); };
  expect("find", bulkhead::step(ctx, "x", make, find) == "found", 1);
  const auto none = [](std::string_view) { return std::optional<std::string>(); };
  expect("certainly not done", bulkhead::step(ctx, "x", make, none) == "made with token", 1);
  expect("again", bulkhead::step(ctx, "x", make, bulkhead::do_again{}) == "made with token", 1);
  const auto broken = [](std::string_view) -> std::optional<std::string> { throw bulkhead::error(BH_NOT_FOUND, "DNS"); };
  try {
    bulkhead::step(ctx, "x", make, broken);
    expect("a look that fails", 0, 1);
  } catch (const bulkhead::stopped &stop) {
    expect("a look that fails", stop.code(), BH_UNKNOWN);
    expect("it does not say that it was not done", looked != BH_NOT_FOUND, 1);
  }
  bulkhead::step(ctx, "x", make, bulkhead::cannot_tell{});
}

static bulkhead::answer look(context &ctx) {
  const bulkhead::lost_job lost(ctx);
  if (lost.action() != "make" || lost.reason() != "killed") throw bulkhead::error(BH_BUG, "the lost job");
  if (lost.steps().size() == 2) return bulkhead::answer::not_started("it is not there");
  return bulkhead::answer::done();
}
static bulkhead::answer fails(context &) { throw bulkhead::error(BH_REMOTE, "no answer"); }

int main() {
  static bh_cell cell;
  bh_ctx ctx = {sizeof ctx, 1, &host, &cell, 1, 1, nullptr, nullptr, nullptr};
  expect("loops", bulkhead::action<loops>(&ctx), BH_OK);
  expect("calls", calls, 1000);
  expect("function objects", counted::living, 0);
  expect("entries", long(entries.size()), 1);
  expect("blocks", blocks, 1);
  expect("blocks at once", most_blocks <= 4, 1);
  expect("steps", bulkhead::action<steps>(&ctx), BH_UNKNOWN);
  expect("an answer", bulkhead::reconcile<look>(&ctx), BH_OK);
  expect("which", answered, BH_RECONCILE_NOT_STARTED);
  answered = 0;
  expect("no answer", bulkhead::reconcile<fails>(&ctx), BH_REMOTE);
  expect("nothing said", answered, 0);
  return wrong;
}
