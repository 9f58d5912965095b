/* Two manifests in one file: which one holds? Refused without loading. Rule: file.manifest. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "two-notes",
  "version": "1.0.0",
  "title": "First of two",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "nothing", "kind": "action", "title": "Nothing", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});

/* The macro gives its variable a fixed name, so that two notes in one source are an error. Get round that. */
#define bh_manifest_note second_manifest_note
BH_MANIFEST({
  "id": "two-notes-again",
  "version": "1.0.0",
  "title": "Second of two",
  "abi": {"built": 1, "min_host": 1},
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
BH_PLUGIN(actions)
