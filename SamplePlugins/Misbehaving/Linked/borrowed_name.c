/* Gives itself the name of a library of the system. Rule: elf.soname.
 *
 * Flags: -Wl,-soname,libcrypto.so.3
 */
#include "../include/fixture.h"

FIXTURE("borrowed-name", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
