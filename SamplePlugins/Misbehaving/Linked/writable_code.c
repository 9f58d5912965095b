/* Has a section that is writable and executable. Rule: elf.wxsegment. */
#include "../include/fixture.h"

FIXTURE("writable-code", "", "");

__asm__(".pushsection .patched,\"awx\",%progbits\n.balign 8\n.quad 0\n.popsection\n");

FIXTURE_NOTHING
FIXTURE_PLUGIN
