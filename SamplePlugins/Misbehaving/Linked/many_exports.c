/* Shows its own functions to everybody. Rule: elf.exports.
 *
 * Flags: -fvisibility=default
 */
#include "../include/fixture.h"

FIXTURE("many-exports", "", "");

int encode(int value);
int encode(int value) { return value + 1; }

FIXTURE_NOTHING
FIXTURE_PLUGIN
