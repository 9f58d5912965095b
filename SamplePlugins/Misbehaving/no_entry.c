/* A manifest, but no `bh_plugin_entry` among the exported symbols. Refused. Rule: file.entry. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "no-entry",
  "version": "1.0.0",
  "title": "No entry function",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "nothing", "kind": "action", "title": "Nothing", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});
