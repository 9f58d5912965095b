/* Its code holds an address that the loader has to write there. Rule: elf.textrel.
 *
 * Flags: -Wl,-z,notext
 */
#include "../include/fixture.h"

FIXTURE("text-relocations", "", "");

__asm__(".text\n.balign 8\n1: .quad 1b\n");

FIXTURE_NOTHING
FIXTURE_PLUGIN
