/* Progress that goes back. Rule: run.progress. */
#include "../include/fixture.h"

FIXTURE("backward-progress", "", "");

static int32_t act(bh_ctx *ctx) {
  bh_progress(ctx, 7, 10, "first part");
  bh_progress(ctx, 3, 10, "second part");
  return BH_OK;
}

FIXTURE_PLUGIN
