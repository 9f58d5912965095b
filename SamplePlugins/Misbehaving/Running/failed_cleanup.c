/* A clean-up that does not work. Rule: run.cleanup. */
#include "../include/fixture.h"

FIXTURE("failed-cleanup", "", "");

static int32_t undo(bh_ctx *ctx, void *arg) {
  (void)arg;
  return bh_fail(ctx, BH_IO, "the thing is still there");
}

static int32_t act(bh_ctx *ctx) {
  int64_t entry = bh_cleanup(ctx, BH_ALWAYS, "delete the thing", undo, NULL);
  return entry < 0 ? (int32_t)entry : BH_OK;
}

FIXTURE_PLUGIN
