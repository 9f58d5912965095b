/* The note is there, but not JSON. Refused without loading. Rule: file.manifest. */
#include <bulkhead/all.h>

BH_MANIFEST_STRING("id: bad-note, written in another language");

static int32_t nothing(bh_ctx *ctx) {
  (void)ctx;
  return BH_OK;
}

static const bh_action actions[] = {BH_ACTION("nothing", nothing)};
BH_PLUGIN(actions)
