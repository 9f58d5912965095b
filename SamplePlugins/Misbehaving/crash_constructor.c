/* Crashes in a constructor, which dlopen runs before anything else is known. The trial load dies.
 * Rule: load.trial. */
#include <bulkhead/all.h>

#include <signal.h>

BH_MANIFEST({
  "id": "crash-constructor",
  "version": "1.0.0",
  "title": "Crash in a constructor",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "nothing", "kind": "action", "title": "Nothing", "repeat": "never",
     "parameters": {"type": "object", "properties": {}}, "result": {"type": "object", "properties": {}},
     "deadline_ms": 0, "cleanup_ms": 60000}
  ],
  "records": [],
  "secrets": []
});

__attribute__((constructor)) static void crash(void) { raise(SIGSEGV); }

static int32_t nothing(bh_ctx *ctx) {
  (void)ctx;
  return BH_OK;
}

static const bh_action actions[] = {BH_ACTION("nothing", nothing)};
BH_PLUGIN(actions)
