/* The manifest promises an action that the entry lacks. Refused in the trial load, naming "promised".
 * Rule: load.trial. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "missing-action",
  "version": "1.0.0",
  "title": "Action missing from the entry",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "promised", "kind": "action", "title": "Promised, and not there", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});

static int32_t nothing(bh_ctx *ctx) {
  (void)ctx;
  return BH_OK;
}

static const bh_action actions[] = {BH_ACTION("nothing", nothing)};
BH_PLUGIN(actions)
