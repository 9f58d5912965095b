/* Prints. Rule: run.output. */
#include "../include/fixture.h"

#include <iostream>

FIXTURE("printing", "", "");

static int32_t act(bh_ctx *ctx) {
  (void)ctx;
  std::cerr << "working" << std::endl;
  return BH_OK;
}

FIXTURE_PLUGIN
