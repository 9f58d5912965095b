/* Passes cancel points and does not look at what they say. Rule: stop.cancel. */
#include "../include/fixture.h"

FIXTURE("deaf", "", "");

static int32_t act(bh_ctx *ctx) {
  for (int step = 0; step < 5; step++) (void)bh_checkpoint(ctx);
  return BH_OK;
}

FIXTURE_PLUGIN
