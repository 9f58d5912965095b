/* Leaves half a file when it is cancelled: its undo removes another name. Rule: stop.files. */
#include "../include/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

FIXTURE("half-file",
        ",\"properties\":{\"folder\":{\"type\":\"string\",\"maxLength\":2000}},\"required\":[\"folder\"]", "");

static int32_t act(bh_ctx *ctx) {
  const char *folder = bh_param_str(ctx, "folder", "");
  int32_t code = BH_OK;
  char half[2100], whole[2100];
  snprintf(half, sizeof half, "%.2000s/out.part", folder);
  snprintf(whole, sizeof whole, "%.2000s/out", folder);
  int file = open(half, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return bh_fail(ctx, BH_IO, "cannot make it");
  for (int i = 0; i < 5 && code == BH_OK; i++) code = bh_checkpoint(ctx);
  close(file);
  if (code < 0) {
    unlink(whole);
    return code;
  }
  return rename(half, whole) == 0 ? BH_OK : bh_fail(ctx, BH_IO, "cannot rename it");
}

FIXTURE_PLUGIN
