/* Asks for executable stacks. Rule: elf.execstack.
 *
 * Flags: -Wl,-z,execstack
 */
#include "../include/fixture.h"

FIXTURE("exec-stack", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
