/* Works on without a look at its checkpoint: a cancel has no effect until it returns, and then it says that
 * all is well. The engine must neither believe that it ended before it returned, nor be held up by it.
 * Rule: stop.gap. */
#include <bulkhead/all.h>

#include <time.h>

BH_MANIFEST({
  "id": "ignores-cancel",
  "version": "1.0.0",
  "title": "Ignores cancel",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "busy", "kind": "action", "title": "Busy without checkpoints", "repeat": "never",
     "parameters": {
       "type": "object",
       "properties": {"seconds": {"type": "number", "title": "How long", "minimum": 0, "maximum": 3600}},
       "required": ["seconds"]
     },
     "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int32_t busy(bh_ctx *ctx) {
  bh_progress(ctx, 0, 0, "busy"); /* says that it was entered; after this it asks the host nothing more */
  const double end = now_seconds() + bh_param_f64(ctx, "seconds", 0);
  while (now_seconds() < end) continue;
  return BH_OK;
}

static const bh_action actions[] = {BH_ACTION("busy", busy)};
BH_PLUGIN(actions)
