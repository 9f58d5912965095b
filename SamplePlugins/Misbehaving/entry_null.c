/* The entry function gives no plug-in. Refused in the trial load. Rule: load.trial. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "entry-null",
  "version": "1.0.0",
  "title": "Entry returns NULL",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "nothing", "kind": "action", "title": "Nothing", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});

const bh_plugin *bh_plugin_entry(const bh_host *host) {
  (void)host;
  return NULL;
}
