/* A plug-in that calls every inline function of level 1. Its binaries are kept, and run on every host from then on.
 * Built by scripts/freeze-abi.sh as C and as C++:
 * cc -x LANGUAGE -O1 -shared -fPIC -fvisibility=hidden -s -Wl,-z,defs,-z,now -I level-1/include level_1.c -o NAME.so */
#include <bulkhead/bulkhead.h>
#include <bulkhead/ext/cleanup.h>
#include <bulkhead/ext/format.h>
#include <bulkhead/ext/log.h>
#include <bulkhead/ext/params.h>
#include <bulkhead/ext/progress.h>
#include <bulkhead/ext/reconcile.h>
#include <bulkhead/ext/result.h>
#include <bulkhead/ext/steps.h>
#include <bulkhead/ext/wait.h>

BH_MANIFEST({
  "id": "golden",
  "version": "1.0.0",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "everything", "parameters": {"type": "object", "properties": {
      "text": {"type": "string"}, "count": {"type": "integer"}, "ratio": {"type": "number"}, "flag": {"type": "boolean"},
      "list": {"type": "array", "items": {"type": "string"}, "default": ["a", "b"]}}}},
    {"name": "fails"},
    {"name": "waits"},
    {"name": "stepwise", "repeat": "steps"},
    {"name": "stepwise.reconcile", "kind": "reconcile", "reconciles": ["stepwise"]}
  ]
});

static int32_t log_undo(bh_ctx *ctx, void *arg) {
  bh_logf(ctx, BH_WARN, "undone: %s", (const char *)arg);
  return BH_OK;
}

static int32_t check(bh_ctx *ctx, int holds, const char *what) {
  return holds ? BH_OK : bh_failf(ctx, BH_BUG, "broken: %s", what);
}

static int32_t use_memory_and_stops(bh_ctx *ctx) {
  char *block = (char *)bh_alloc(ctx, 64);
  int32_t code = check(ctx, block != NULL, "bh_alloc");
  if (code < 0) return code;
  memset(block, 7, 64);
  bh_free(ctx, block);
  bh_hold(ctx);
  code = bh_checkpoint(ctx);
  bh_release(ctx);
  if (code == BH_OK) code = bh_checkpoint_n(ctx, 3);
  if (code == BH_OK) code = check(ctx, bh_stop_bits(ctx) == 0, "bh_stop_bits");
  if (code == BH_OK) code = check(ctx, bh_stop_requested(ctx) == 0, "bh_stop_requested");
  if (code == BH_OK) code = check(ctx, strcmp((const char *)ctx->action->user, "mine") == 0, "ctx->action");
  if (code == BH_OK) code = check(ctx, bh_sleep(ctx, 1) == BH_OK, "bh_sleep");
  bh_poll stop = {bh_stop_fd(ctx), 1, 0};
  if (code == BH_OK) code = check(ctx, stop.fd >= 0, "bh_stop_fd");
  if (code == BH_OK) code = check(ctx, bh_poll_fds(ctx, &stop, 1, 1) == 0, "bh_poll_fds");
  return code;
}

static int32_t use_cleanup(bh_ctx *ctx) {
  int64_t dropped = bh_cleanup(ctx, BH_ALWAYS, "dropped", log_undo, (void *)"dropped");
  int64_t kept = bh_cleanup(ctx, BH_ALWAYS, "always", log_undo, (void *)"always");
  int64_t unused = bh_cleanup(ctx, BH_ON_FAIL, "on fail", log_undo, (void *)"on fail");
  int32_t code = check(ctx, dropped > 0 && kept > 0 && unused > 0, "bh_cleanup");
  return code < 0 ? code : check(ctx, bh_cleanup_drop(ctx, dropped) == BH_OK, "bh_cleanup_drop");
}

static int32_t everything(bh_ctx *ctx) {
  int32_t code = check(ctx, ctx->size >= sizeof *ctx && ctx->host->abi_min <= 1 && ctx->host->abi_current >= 1, "bh_ctx");
  if (code == BH_OK) code = use_memory_and_stops(ctx);
  if (code == BH_OK) code = use_cleanup(ctx);
  if (code < 0) return code;

  bh_log(ctx, BH_DEBUG, "plain");
  bh_logf(ctx, BH_ERROR, "%s %d", "formatted", 1);
  bh_progress(ctx, 1, 2, "half");
  bh_progressf(ctx, 2, 2, "all of %d", 2);
  code = bh_result_json(ctx, "{\"json\":true}");
  if (code == BH_OK) code = bh_result_str(ctx, "text", bh_param_str(ctx, "text", "?"));
  if (code == BH_OK) code = bh_result_i64(ctx, "count", bh_param_i64(ctx, "count", 0));
  if (code == BH_OK) code = bh_result_i64(ctx, "ratio", (int64_t)(bh_param_f64(ctx, "ratio", 0) * 100));
  if (code == BH_OK) code = bh_result_i64(ctx, "flag", bh_param_bool(ctx, "flag", 0));
  if (code == BH_OK) code = bh_result_i64(ctx, "missing", bh_param_i64(ctx, "missing", 9));
  if (code == BH_OK) code = bh_result_i64(ctx, "items", (int64_t)bh_param_count(ctx, "list"));
  if (code == BH_OK) code = bh_result_str(ctx, "second", bh_param_str(ctx, "list/1", "?"));
  if (code == BH_OK) code = bh_result_f64(ctx, "real", 0.5);
  if (code == BH_OK) code = bh_result_bool(ctx, "yes", 1);
  if (code == BH_OK) code = bh_result_value(ctx, "any", "[1,null]");
  if (code == BH_OK) code = bh_result_i64(ctx, "json_bytes", (int64_t)bh_params_json(ctx).len);
  return code < 0 ? bh_fail(ctx, code, "a result was refused") : BH_OK;
}

static int32_t fails(bh_ctx *ctx) {
  bh_cleanup(ctx, BH_ON_FAIL, "on fail", log_undo, (void *)"on fail");
  bh_fail(ctx, BH_REMOTE, "first");
  return bh_failf(ctx, BH_REMOTE, "second %d", 2);
}

static int32_t waits(bh_ctx *ctx) {
  bh_log(ctx, BH_INFO, "waiting");
  return bh_sleep(ctx, 600000);
}

static int32_t perform(bh_ctx *ctx, bh_str token, void *arg, bh_str *result_out) {
  bh_logf(ctx, BH_INFO, "%s %s", (const char *)arg, token.len > 0 ? "with a token" : "without one");
  *result_out = bh_text("made");
  return BH_OK;
}

static int32_t stepwise(bh_ctx *ctx) {
  bh_str result = {NULL, 0};
  int32_t code = check(ctx, bh_step_token(ctx, "one").len > 0, "bh_step_token");
  if (code == BH_OK) code = bh_step(ctx, "one", perform, bh_step_again, (void *)"performed", &result);
  if (code < 0) return bh_fail(ctx, code, "the step failed");
  return check(ctx, result.len == 4 && memcmp(result.ptr, "made", 4) == 0, "bh_step");
}

static int32_t stepwise_reconcile(bh_ctx *ctx) {
  bh_lost_step step;
  if (bh_reconcile_action(ctx).len == 0) return bh_reconcile_failed(ctx, "no action");
  if (bh_reconcile_step(ctx, 0, &step) == BH_NOT_FOUND) return bh_reconcile_not_started(ctx, "no step");
  return step.done == 1 ? bh_reconcile_done(ctx) : bh_reconcile_answer(ctx, BH_RECONCILE_FAILED, "half done");
}

static const bh_action actions[] = {
  BH_ACTION_WITH("everything", everything, (void *)"mine"), BH_ACTION("fails", fails), BH_ACTION("waits", waits),
  BH_ACTION("stepwise", stepwise), BH_ACTION("stepwise.reconcile", stepwise_reconcile)};
BH_PLUGIN(actions)
