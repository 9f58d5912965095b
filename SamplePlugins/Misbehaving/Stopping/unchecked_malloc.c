/* Uses what malloc gave without a look. Rule: memory.malloc. */
#include "../include/fixture.h"

#include <stdlib.h>

FIXTURE("unchecked-malloc", "", "");

static int32_t act(bh_ctx *ctx) {
  volatile char *block = (volatile char *)malloc(16);
  (void)ctx;
  block[0] = 1;
  free((void *)block);
  return BH_OK;
}

FIXTURE_PLUGIN
