/* Needs a library that no machine has. Rule: elf.libraries.
 *
 * Flags: -Wl,--no-as-needed -lm
 * After: sed -i 's/libm[.]so[.]6/lib0.so.6/'
 */
#include "../include/fixture.h"

FIXTURE("missing-library", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
