/* Writes to address 0. Rule: run.returns. */
#include "../include/fixture.h"

FIXTURE("null-pointer", "", "");

static volatile int *volatile nothing;

static int32_t act(bh_ctx *ctx) {
  volatile int *nowhere = *(volatile int *volatile *)&nothing;
  (void)ctx;
  *nowhere = 1;
  return BH_OK;
}

FIXTURE_PLUGIN
