/* Holds and never releases. Rule: run.hold. */
#include "../include/fixture.h"

FIXTURE("forgotten-hold", "", "");

static int32_t act(bh_ctx *ctx) {
  bh_hold(ctx);
  return BH_OK;
}

FIXTURE_PLUGIN
