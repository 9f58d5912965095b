/* my_plugin: a first plug-in. One action that counts down: it shows parameters, progress, log, a result, a wait
 * that ends at once when the job is cancelled, and a clean-up. Rename it and make it yours. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "my-plugin",
  "version": "1.0.0",
  "title": "My first plug-in",
  "abi": {"built": 1, "min_host": 1},
  "actions": [{
    "name": "countdown",
    "kind": "action",
    "title": "Count down",
    "repeat": "idempotent",
    "parameters": {
      "type": "object",
      "properties": {
        "name": {"type": "string", "title": "Who counts", "minLength": 1, "maxLength": 100},
        "seconds": {"type": "integer", "minimum": 1, "maximum": 3600, "default": 5}
      },
      "required": ["name"]
    },
    "result": {"type": "object", "properties": {"counted": {"type": "integer"}}},
    "deadline_ms": 0,
    "cleanup_ms": 60000
  }],
  "records": [],
  "secrets": []
});

/* Runs only when the job fails or is cancelled. Here real plug-ins delete what they made. */
static int32_t undo(bh_ctx *ctx, void *arg) {
  bh_logf(ctx, BH_INFO, "%s stopped early", (const char *)arg);
  return BH_OK;
}

static int32_t countdown(bh_ctx *ctx) {
  const char *name = bh_param_str(ctx, "name", "nobody");
  const int64_t seconds = bh_param_i64(ctx, "seconds", 5);

  if (bh_cleanup(ctx, BH_ON_FAIL, "the countdown", undo, (void *)name) < 0)
    return bh_fail(ctx, BH_MEMORY, "no clean-up could be prepared");

  for (int64_t i = 0; i < seconds; i++) {
    bh_progressf(ctx, (uint64_t)i, (uint64_t)seconds, "%s: %lld", name, (long long)(seconds - i));
    int32_t code = bh_sleep(ctx, 1000);
    if (code < 0) return code; /* cancelled, or the deadline has passed */
  }

  bh_progress(ctx, (uint64_t)seconds, (uint64_t)seconds, "lift-off");
  bh_logf(ctx, BH_INFO, "%s counted %lld seconds", name, (long long)seconds);
  return bh_result_i64(ctx, "counted", seconds);
}

static const bh_action actions[] = {BH_ACTION("countdown", countdown)};
BH_PLUGIN(actions)
