/* Asks for a parameter by a name that it does not have, so that every run fails. Rule: run.success. */
#include "../include/fixture.h"

FIXTURE("misspelt-name", ",\"properties\":{\"into\":{\"type\":\"string\",\"maxLength\":9}},\"required\":[\"into\"]", "");

static int32_t act(bh_ctx *ctx) {
  const char *into = bh_param_str(ctx, "int", NULL);
  return into != NULL ? BH_OK : bh_fail(ctx, BH_NOT_FOUND, "where to is not known");
}

FIXTURE_PLUGIN
