/* Has nothing for a debugger. Rule: code.debug.
 *
 * Flags: -g0 -s
 */
#include "../include/fixture.h"

FIXTURE("stripped", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
