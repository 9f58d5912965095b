/* Crashes when an optional text is there and empty. Rule: params.valid. */
#include "../include/fixture.h"

#include <stdlib.h>

FIXTURE("edge-value", ",\"properties\":{\"name\":{\"type\":\"string\",\"title\":\"Name\",\"maxLength\":20}}", "");

static int32_t act(bh_ctx *ctx) {
  if (bh_param_str(ctx, "name", "none")[0] == 0) abort();
  return BH_OK;
}

FIXTURE_PLUGIN
