/* Opens a file and never closes it. Rule: run.descriptors. */
#include "../include/fixture.h"

#include <fcntl.h>

FIXTURE("lost-descriptor", "", "");

static int32_t act(bh_ctx *ctx) {
  return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? bh_fail(ctx, BH_IO, "cannot open /dev/null") : BH_OK;
}

FIXTURE_PLUGIN
