/* Returns codes that the ABI does not know. A negative one is a failure, a positive one is no success either:
 * both are the plug-in's bug, and the job has to say so with the number. Rule: run.code. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "garbage-code",
  "version": "1.0.0",
  "title": "Unknown return codes",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "negative", "kind": "action", "title": "Returns -999", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000},
    {"name": "positive", "kind": "action", "title": "Returns 77", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});

static int32_t negative(bh_ctx *ctx) {
  (void)ctx;
  return -999;
}

static int32_t positive(bh_ctx *ctx) {
  (void)ctx;
  return 77;
}

static const bh_action actions[] = {BH_ACTION("negative", negative), BH_ACTION("positive", positive)};
BH_PLUGIN(actions)
