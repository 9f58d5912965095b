/* A copy that was not finished. Rule: file.form.
 *
 * After: truncate -s 3000
 */
#include "../include/fixture.h"

FIXTURE("cut-off", "", "");

FIXTURE_NOTHING
FIXTURE_PLUGIN
