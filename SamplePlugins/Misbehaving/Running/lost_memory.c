/* Takes memory and never frees it. Rule: run.leak. */
#include "../include/fixture.h"

#include <stdlib.h>

FIXTURE("lost-memory", "", "");

static void *volatile last;

static int32_t act(bh_ctx *ctx) {
  last = malloc(1000);
  return last == NULL ? bh_fail(ctx, BH_MEMORY, "out of memory") : BH_OK;
}

FIXTURE_PLUGIN
