/* Gives a text where its manifest says a number. Rule: run.result. */
#include "../include/fixture.h"

FIXTURE("wrong-result", "", ",\"properties\":{\"count\":{\"type\":\"integer\"}}");

static int32_t act(bh_ctx *ctx) {
  return bh_result_str(ctx, "count", "many");
}

FIXTURE_PLUGIN
