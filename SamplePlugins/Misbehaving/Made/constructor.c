/* Runs code of its own while it is loaded. Rule: code.constructors. */
#include "../include/fixture.h"

FIXTURE("constructor", "", "");

static volatile int ready;

__attribute__((constructor)) static void prepare(void) { ready = 1; }

FIXTURE_NOTHING
FIXTURE_PLUGIN
