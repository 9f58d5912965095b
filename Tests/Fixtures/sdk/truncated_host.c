/* A host whose tables are shorter than the plug-in's headers know them: each is allocated exactly as long as it says,
 * so that AddressSanitizer sees a read behind its end. Every inline function has to give its documented default.
 *
 * Each table is offered at each length at which a member ends, once not at all, and once for each member with a hole
 * in its place. The inline functions remember what they were given, so every case has a process of its own. */
#include <bulkhead/all.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKED 77 /* what the functions of a whole table answer */

static size_t length; /* of the table on offer, 0: none is */
static size_t hole;   /* the member that is NULL, 0: none is */
static int wrong, called;

#define OFFERED(table, member) \
  (length >= offsetof(bh_##table##_table, member) + sizeof(((bh_##table##_table *)NULL)->member) && \
   hole != offsetof(bh_##table##_table, member))

static void expect(const char *what, int64_t got, int64_t expected) {
  if (got == expected) return;
  printf("%s: got %lld, expected %lld, table of %zu bytes, hole at %zu\n", what, (long long)got,
         (long long)expected, length, hole);
  wrong = 1;
}

/* What the call does, and whether it reached the table. */
#define EXPECT(table, member, call, missing) expect(#call, (int64_t)(call), OFFERED(table, member) ? WORKED : (missing))
#define EXPECT_CALLED(table, member, call) \
  do { \
    called = 0; \
    call; \
    expect(#call, called, OFFERED(table, member)); \
  } while (0)

/* ------------------------------------------------------------------ the core, which is never cut */

static const char *offered_id;
static const void *offered;

static const void *query(const bh_host *host, bh_str id) {
  (void)host;
  if (id.len != strlen(offered_id) || memcmp(id.ptr, offered_id, (size_t)id.len) != 0) return NULL;
  return offered;
}
static void *give(bh_ctx *ctx, uint64_t size, uint64_t alignment) {
  (void)ctx, (void)alignment;
  return malloc((size_t)size);
}
static void take(bh_ctx *ctx, void *block) {
  (void)ctx;
  free(block);
}
static int32_t fail(bh_ctx *ctx, int32_t code, bh_str message, bh_str detail) {
  (void)ctx, (void)message, (void)detail;
  return code;
}
static int32_t checkpoint(bh_ctx *ctx, uint64_t count) {
  (void)ctx, (void)count;
  return BH_CANCELLED;
}

/* ------------------------------------------------------------------ functions of the tables */

static void log_write(bh_ctx *c, uint32_t level, bh_str text) { (void)c, (void)level, (void)text, called = 1; }
static void report(bh_ctx *c, uint64_t done, uint64_t total, bh_str text) {
  (void)c, (void)done, (void)total, (void)text, called = 1;
}
static bh_str json(bh_ctx *c) {
  bh_str text = {NULL, WORKED};
  (void)c;
  return text;
}
static int32_t get_str(bh_ctx *c, bh_str path, bh_str *value) {
  (void)c, (void)path;
  *value = bh_text("given");
  return BH_OK;
}
static int32_t get_i64(bh_ctx *c, bh_str path, int64_t *value) {
  (void)c, (void)path;
  *value = WORKED;
  return BH_OK;
}
static int32_t get_f64(bh_ctx *c, bh_str path, double *value) {
  (void)c, (void)path;
  *value = WORKED;
  return BH_OK;
}
static int32_t get_bool(bh_ctx *c, bh_str path, int32_t *value) {
  (void)c, (void)path;
  *value = WORKED;
  return BH_OK;
}
static int32_t count_items(bh_ctx *c, bh_str path, uint64_t *count) {
  (void)c, (void)path;
  *count = WORKED;
  return BH_OK;
}
static int32_t set_json(bh_ctx *c, bh_str text) { return (void)c, (void)text, WORKED; }
static int32_t set_str(bh_ctx *c, bh_str name, bh_str text) { return (void)c, (void)name, (void)text, WORKED; }
static int32_t set_i64(bh_ctx *c, bh_str name, int64_t value) { return (void)c, (void)name, (void)value, WORKED; }
static int32_t set_f64(bh_ctx *c, bh_str name, double value) { return (void)c, (void)name, (void)value, WORKED; }
static int32_t set_bool(bh_ctx *c, bh_str name, int32_t value) { return (void)c, (void)name, (void)value, WORKED; }
static int32_t wait_sleep(bh_ctx *c, uint64_t ms) { return (void)c, (void)ms, WORKED; }
static int32_t wait_poll(bh_ctx *c, bh_poll *fds, uint64_t count, int64_t ms) {
  return (void)c, (void)fds, (void)count, (void)ms, WORKED;
}
static int32_t stop_fd(bh_ctx *c) { return (void)c, WORKED; }
static int32_t push(bh_ctx *c, uint32_t when, bh_str what, bh_cleanup_fn function, void *arg, uint64_t *id) {
  (void)c, (void)when, (void)what, (void)function, (void)arg;
  *id = WORKED;
  return BH_OK;
}
static int32_t drop(bh_ctx *c, uint64_t id) { return (void)c, (void)id, WORKED; }
static int32_t step(bh_ctx *c, bh_str name, bh_step_fn perform, bh_step_fn find, void *arg, bh_str *result) {
  return (void)c, (void)name, (void)perform, (void)find, (void)arg, (void)result, WORKED;
}
static bh_str named_text(bh_ctx *c, bh_str name) { return (void)name, json(c); }
static int32_t lost_step(bh_ctx *c, uint64_t index, bh_lost_step *out) { return (void)c, (void)index, (void)out, WORKED; }
static int32_t left_behind(bh_ctx *c, uint64_t index, bh_str *out) { return (void)c, (void)index, (void)out, WORKED; }
static int32_t answer(bh_ctx *c, uint32_t answer, bh_str text) { return (void)c, (void)answer, (void)text, WORKED; }
static int32_t entity(bh_ctx *c, bh_str name, uint32_t *id) { return (void)c, (void)name, (void)id, WORKED; }
static int32_t field(bh_ctx *c, uint32_t e, bh_str name, uint32_t *id) {
  return (void)c, (void)e, (void)name, (void)id, WORKED;
}
static int32_t remove_record(bh_ctx *c, uint32_t e, int64_t record, int64_t version) {
  return (void)c, (void)e, (void)record, (void)version, WORKED;
}

/* ------------------------------------------------------------------ what a plug-in calls */

static void use_log(bh_ctx *ctx) {
  EXPECT_CALLED(log, write, bh_log(ctx, BH_INFO, "x"));
  EXPECT_CALLED(log, write, bh_logf(ctx, BH_INFO, "%d", 1));
}
static void use_progress(bh_ctx *ctx) {
  EXPECT_CALLED(progress, report, bh_progress(ctx, 1, 2, "x"));
  EXPECT_CALLED(progress, report, bh_progressf(ctx, 1, 2, "%d", 1));
}
static void use_params(bh_ctx *ctx) {
  EXPECT(params, json, bh_params_json(ctx).len, 0);
  expect("bh_param_str", strcmp(bh_param_str(ctx, "x", "missing"), "given") == 0, OFFERED(params, get_str));
  EXPECT(params, get_i64, bh_param_i64(ctx, "x", 5), 5);
  EXPECT(params, get_f64, bh_param_f64(ctx, "x", 6), 6);
  EXPECT(params, get_bool, bh_param_bool(ctx, "x", 1), 1);
  EXPECT(params, count, bh_param_count(ctx, "x"), 0);
}
static void use_result(bh_ctx *ctx) {
  EXPECT(result, set_json, bh_result_json(ctx, "{}"), BH_UNSUPPORTED);
  EXPECT(result, set_str, bh_result_str(ctx, "x", "y"), BH_UNSUPPORTED);
  EXPECT(result, set_i64, bh_result_i64(ctx, "x", 1), BH_UNSUPPORTED);
  EXPECT(result, set_f64, bh_result_f64(ctx, "x", 1), BH_UNSUPPORTED);
  EXPECT(result, set_bool, bh_result_bool(ctx, "x", 1), BH_UNSUPPORTED);
  EXPECT(result, set_value, bh_result_value(ctx, "x", "1"), BH_UNSUPPORTED);
}
static void use_wait(bh_ctx *ctx) {
  bh_poll nothing = {-1, 0, 0};
  EXPECT(wait, sleep, bh_sleep(ctx, 1), BH_UNSUPPORTED);
  EXPECT(wait, poll, bh_poll_fds(ctx, &nothing, 1, 1), BH_UNSUPPORTED);
  EXPECT(wait, stop_fd, bh_stop_fd(ctx), BH_UNSUPPORTED);
}
static int32_t undo(bh_ctx *ctx, void *arg) { return (void)ctx, (void)arg, BH_OK; }
static void use_cleanup(bh_ctx *ctx) {
  EXPECT(cleanup, push, bh_cleanup(ctx, BH_ALWAYS, "x", undo, NULL), BH_UNSUPPORTED);
  EXPECT(cleanup, drop, bh_cleanup_drop(ctx, 1), BH_UNSUPPORTED);
}
static void use_steps(bh_ctx *ctx) {
  bh_str result = {NULL, 0};
  EXPECT(steps, step, bh_step(ctx, "x", bh_step_again, bh_step_again, NULL, &result), BH_UNSUPPORTED);
  EXPECT(steps, token, bh_step_token(ctx, "x").len, 0);
  expect("bh_step_again", bh_step_again(ctx, result, NULL, &result), BH_NOT_FOUND);
}
static void use_reconcile(bh_ctx *ctx) {
  const bh_reconcile_table *table = bh_reconcile_of(ctx);
  bh_lost_step lost;
  EXPECT(reconcile, action, bh_reconcile_action(ctx).len, 0);
  expect("reconcile.reason", BH_HAS(table, reason), OFFERED(reconcile, reason));
  EXPECT(reconcile, step, bh_reconcile_step(ctx, 0, &lost), BH_UNSUPPORTED);
  expect("reconcile.left_behind", BH_HAS(table, left_behind), OFFERED(reconcile, left_behind));
  EXPECT(reconcile, answer, bh_reconcile_answer(ctx, BH_RECONCILE_DONE, "x"), BH_UNSUPPORTED);
  EXPECT(reconcile, answer, bh_reconcile_done(ctx), BH_UNSUPPORTED);
  EXPECT(reconcile, answer, bh_reconcile_failed(ctx, "x"), BH_UNSUPPORTED);
  EXPECT(reconcile, answer, bh_reconcile_not_started(ctx, "x"), BH_UNSUPPORTED);
}
static void use_records(bh_ctx *ctx) {
  const bh_records_table *table = bh_records_of(ctx);
  const bh_field_value text = bh_set_str(1, "x"), number = bh_set_i64(1, 2);
  expect("bh_set_str", (int64_t)text.value.text.len, 1);
  expect("bh_set_i64", number.value.integer, 2);
  expect("records.entity", BH_HAS(table, entity), OFFERED(records, entity));
  expect("records.field", BH_HAS(table, field), OFFERED(records, field));
  expect("records.get", BH_HAS(table, get), 0); /* this host never has it */
  expect("records.find", BH_HAS(table, find), 0);
  expect("records.create", BH_HAS(table, create), 0);
  expect("records.set", BH_HAS(table, set), 0);
  expect("records.remove", BH_HAS(table, remove), OFFERED(records, remove));
}
static void use_core(bh_ctx *ctx) {
  void *block = bh_alloc(ctx, 8);
  expect("bh_alloc", block != NULL, 1);
  bh_free(ctx, block);
  expect("bh_fail", bh_fail(ctx, BH_IO, "x"), BH_IO);
  expect("bh_refuse", bh_refuse(ctx->host, "x") == NULL, 1);
  expect("bh_failf", bh_failf(ctx, BH_IO, "%d", 1), BH_IO);
  expect("bh_checkpoint", bh_checkpoint(ctx), BH_OK);
  expect("bh_checkpoint_n", bh_checkpoint_n(ctx, 3), BH_OK);
  expect("the counter", (int64_t)ctx->cell->progress_count, 3);
  bh_hold(ctx);
  bh_release(ctx);
  ctx->cell->stop_word = BH_STOP_SHUTDOWN | BH_STOP_PROFILE;
  expect("bh_stop_requested", bh_stop_requested(ctx), 0);
  ctx->cell->stop_word = 0x8000u; /* of a later level */
  expect("bh_stop_requested", bh_stop_requested(ctx), 1);
  ctx->cell->stop_word = BH_STOP_CANCEL;
  expect("bh_stop_bits", bh_stop_bits(ctx), BH_STOP_CANCEL);
  expect("bh_stop_requested", bh_stop_requested(ctx), 1);
  expect("bh_checkpoint", bh_checkpoint(ctx), BH_CANCELLED);
}

/* ------------------------------------------------------------------ cases */

static void run_case(const char *id, const void *whole, void (*use)(bh_ctx *)) {
  static bh_cell cell;
  static bh_host host = {sizeof host, 0, 1, BH_ABI_LEVEL, query, give, take, fail, checkpoint};
  static bh_ctx ctx = {sizeof ctx, 1, &host, &cell, 1, 1, NULL, NULL, NULL};
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    char *table = NULL;
    if (length > 0) {
      uint32_t size = (uint32_t)length;
      table = (char *)malloc(length);
      memcpy(table, whole, length);
      memcpy(table, &size, sizeof size);
      if (hole > 0) memset(table + hole, 0, sizeof(void *));
    }
    offered_id = id;
    offered = table;
    use(&ctx);
    fflush(NULL);
    _exit(wrong);
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) wrong = 1;
}

/* `size` of the table: its two first members have four bytes each, all others are pointers. */
static void cut(const char *id, const void *whole, size_t size, void (*use)(bh_ctx *)) {
  int cases = 0;
  for (length = 0; length <= size; length += length < 8 ? 4 : sizeof(void *), cases++) run_case(id, whole, use);
  for (hole = 8, length = size; hole < size; hole += sizeof(void *), cases++) run_case(id, whole, use);
  hole = length = 0;
  printf("%s: %d cases\n", id, cases);
}

#define CUT(id, table, use) cut(id, &table, sizeof table, use)

int main(void) {
  static const bh_log_table log_table = {sizeof log_table, 0, log_write};
  static const bh_progress_table progress_table = {sizeof progress_table, 0, report};
  static const bh_params_table params_table = {sizeof params_table, 0, json, get_str, get_i64, get_f64, get_bool,
                                               count_items};
  static const bh_result_table result_table = {sizeof result_table, 0, set_json, set_str, set_i64,
                                               set_f64, set_bool, set_str};
  static const bh_wait_table wait_table = {sizeof wait_table, 0, wait_sleep, wait_poll, stop_fd};
  static const bh_cleanup_table cleanup_table = {sizeof cleanup_table, 0, push, drop};
  static const bh_steps_table steps_table = {sizeof steps_table, 0, step, named_text};
  static const bh_reconcile_table reconcile_table = {
    sizeof reconcile_table, 0, json, json, lost_step, left_behind, answer};
  static const bh_records_table records_table = {
    sizeof records_table, 0, entity, field, NULL, NULL, NULL, NULL, remove_record};
  CUT(BH_LOG_ID, log_table, use_log);
  CUT(BH_PROGRESS_ID, progress_table, use_progress);
  CUT(BH_PARAMS_ID, params_table, use_params);
  CUT(BH_RESULT_ID, result_table, use_result);
  CUT(BH_WAIT_ID, wait_table, use_wait);
  CUT(BH_CLEANUP_ID, cleanup_table, use_cleanup);
  CUT(BH_STEPS_ID, steps_table, use_steps);
  CUT(BH_RECONCILE_ID, reconcile_table, use_reconcile);
  CUT(BH_RECORDS_ID, records_table, use_records);
  run_case("", NULL, use_core);
  return wrong;
}
