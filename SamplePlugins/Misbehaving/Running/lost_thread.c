/* Starts a thread that never ends. Rule: run.threads. */
#include "../include/fixture.h"

#include <pthread.h>
#include <unistd.h>

FIXTURE("lost-thread", "", "");

static void *wait_for_ever(void *arg) {
  for (;;) pause();
  return arg;
}

static int32_t act(bh_ctx *ctx) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) return bh_fail(ctx, BH_IO, "no thread");
  pthread_detach(thread);
  return BH_OK;
}

FIXTURE_PLUGIN
