/* Fails and does not say why. Rule: run.message. */
#include "../include/fixture.h"

FIXTURE("silent-failure", "", "");

static int32_t act(bh_ctx *ctx) {
  (void)ctx;
  return BH_IO;
}

FIXTURE_PLUGIN
