/* Uses what bh_alloc gave without a look. Rule: memory.host. */
#include "../include/fixture.h"

FIXTURE("unchecked-alloc", "", "");

static int32_t act(bh_ctx *ctx) {
  volatile char *block = (volatile char *)bh_alloc(ctx, 16);
  block[0] = 1;
  return BH_OK;
}

FIXTURE_PLUGIN
