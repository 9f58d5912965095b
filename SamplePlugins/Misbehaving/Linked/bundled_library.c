/* Looks beside itself for a library that the host has loaded already. Rule: elf.bundled.
 *
 * Flags: -Wl,-rpath,'$ORIGIN/lib' -Wl,--no-as-needed -lcrypto
 */
#include "../include/fixture.h"

FIXTURE("bundled-library", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
