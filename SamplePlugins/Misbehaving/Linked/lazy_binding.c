/* Binds its calls when they are first made, in tables that stay writable. Rule: elf.relro.
 *
 * Flags: -Wl,-z,lazy -Wl,-z,norelro
 */
#include "../include/fixture.h"

FIXTURE("lazy-binding", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
