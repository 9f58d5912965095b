/* Its reconcile entry returns success and answers nothing: the job stays lost. Rule: reconcile.answers. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "silent-reconcile",
  "version": "1.0.0",
  "title": "Fixture silent-reconcile",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "title": "Act", "description": "Does nothing.", "repeat": "idempotent"},
    {"name": "act.reconcile", "kind": "reconcile", "reconciles": ["act"], "title": "Look"}
  ]
});

static int32_t act(bh_ctx *ctx) {
  (void)ctx;
  return BH_OK;
}

static int32_t look(bh_ctx *ctx) {
  bh_log(ctx, BH_INFO, bh_reconcile_action(ctx).len > 0 ? "looked" : "no action");
  return BH_OK;
}

static const bh_action actions[] = {BH_ACTION("act", act), BH_ACTION("act.reconcile", look)};
BH_PLUGIN(actions)
