/* Works for 300 ms without a look at its stop word. Rule: stop.gap. */
#include "../include/fixture.h"

#include <time.h>

FIXTURE("busy-loop", "", "");

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int32_t act(bh_ctx *ctx) {
  const int64_t end = now_ms() + 300;
  while (now_ms() < end) continue;
  const int32_t code = bh_checkpoint(ctx);
  return code < 0 ? bh_fail(ctx, code, "stopped late") : BH_OK;
}

FIXTURE_PLUGIN
