/* Asks for an extension that is a draft. Rule: abi.drafts. */
#include "../include/fixture.h"

FIXTURE("draft-extension", "", "");

static int32_t act(bh_ctx *ctx) {
  return ctx->host->query(ctx->host, bh_text("bh.draft.telepathy/1")) == NULL ? BH_OK : BH_WARNING;
}

FIXTURE_PLUGIN
