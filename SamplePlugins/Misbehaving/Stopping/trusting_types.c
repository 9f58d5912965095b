/* Believes that a parameter has the type of its schema. Rule: params.invalid. */
#include "../include/fixture.h"

#include <stdlib.h>

FIXTURE("trusting-types", ",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\",\"title\":\"Name\",\"maxLength\":20}}", "");

static int32_t act(bh_ctx *ctx) {
  bh_str name = {NULL, 0};
  (void)bh_params_of(ctx)->get_str(ctx, bh_text("name"), &name);
  if (name.ptr == NULL) abort();
  return BH_OK;
}

FIXTURE_PLUGIN
