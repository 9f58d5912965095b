/* Looks at its stop word and goes on. Rule: stop.deadline. */
#include "../include/fixture.h"

#include <time.h>

FIXTURE("late-end", "", "");

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int32_t act(bh_ctx *ctx) {
  const int64_t end = now_ms() + 500;
  while (now_ms() < end) (void)bh_checkpoint(ctx);
  return BH_OK;
}

FIXTURE_PLUGIN
