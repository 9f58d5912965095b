/* stamp: an action that says when its first instruction ran for the
 * benchmarks of latency. The clock is the machine's monotonic one, which all processes share. */
#include <bulkhead/all.h>

#include <time.h>

BH_MANIFEST({
  "id": "stamp",
  "version": "1.0.0",
  "title": "Time stamps",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "start", "kind": "action", "repeat": "idempotent",
     "parameters": {"type": "object", "properties": {}},
     "result": {"type": "object", "properties": {"entered_ns": {"type": "integer"}}}}
  ]
});

static int32_t start(bh_ctx *ctx) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return bh_result_i64(ctx, "entered_ns", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static const bh_action actions[] = {BH_ACTION("start", start)};
BH_PLUGIN(actions)
