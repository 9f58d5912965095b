/* Takes a thread-local variable from the static block. Rule: elf.statictls.
 *
 * Flags: -ftls-model=initial-exec -fvisibility=default
 */
#include "../include/fixture.h"

FIXTURE("static-tls", "", "");

__thread int fixture_counter;
int *fixture_place(void);
int *fixture_place(void) { return &fixture_counter; }

FIXTURE_NOTHING
FIXTURE_PLUGIN
