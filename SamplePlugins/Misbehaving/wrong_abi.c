/* Made for a host of the far future: manifest and entry both say level 99. Refused without loading.
 * Rule: abi.range. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "wrong-abi",
  "version": "1.0.0",
  "title": "Wrong ABI level",
  "abi": {"built": 99, "min_host": 99},
  "actions": [
    {"name": "nothing", "kind": "action", "title": "Nothing", "repeat": "never",
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
static const bh_plugin plugin = {sizeof(bh_plugin), 99, 99, 1, sizeof(bh_action), actions, NULL};

const bh_plugin *bh_plugin_entry(const bh_host *host) {
  (void)host;
  return &plugin;
}
