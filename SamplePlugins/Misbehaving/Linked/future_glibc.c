/* Asks for symbols of a glibc that does not exist yet. Rule: elf.glibc.
 *
 * Flags: -fvisibility=default
 * After: sed -i 's/GLIBC_2[.]2[.]5/GLIBC_9.9.9/;s/GLIBC_2[.]17/GLIBC_9.99/'
 */
#include "../include/fixture.h"

#include <unistd.h>

FIXTURE("future-glibc", "", "");

int32_t fixture_pid(void);
int32_t fixture_pid(void) { return (int32_t)getpid(); }

FIXTURE_NOTHING
FIXTURE_PLUGIN
