/* Makes a failure of its own of a cancel. Rule: stop.cancel. */
#include "../include/fixture.h"

FIXTURE("other-code", "", "");

static int32_t act(bh_ctx *ctx) {
  for (int step = 0; step < 5; step++)
    if (bh_checkpoint(ctx) < 0) return bh_fail(ctx, BH_IO, "interrupted");
  return BH_OK;
}

FIXTURE_PLUGIN
