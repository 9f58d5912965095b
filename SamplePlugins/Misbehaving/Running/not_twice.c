/* Wants to be alone in its process: a second version is refused. Rule: load.twice. */
#define _GNU_SOURCE
#include "../include/fixture.h"

#include <stdlib.h>

FIXTURE("not-twice", "", "");

static int32_t act(bh_ctx *ctx) {
  (void)ctx;
  return BH_OK;
}

static const bh_action actions[] = {BH_ACTION("act", act)};
static const bh_plugin plugin = {sizeof(bh_plugin), BH_ABI_LEVEL, BH_ABI_MIN_HOST, 1, sizeof(bh_action), actions, NULL};

const bh_plugin *bh_plugin_entry(const bh_host *host) {
  (void)host;
  if (getenv("BULKHEAD_FIXTURE_LOADED") != NULL) return NULL;
  setenv("BULKHEAD_FIXTURE_LOADED", "1", 1);
  return &plugin;
}
