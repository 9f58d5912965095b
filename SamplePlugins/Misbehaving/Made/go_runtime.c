/* Looks like a plug-in that Go made. Rule: code.go. */
#include "../include/fixture.h"

FIXTURE("go-runtime", "", "");

__asm__(".pushsection .gopclntab,\"a\",%progbits\n.quad 0\n.popsection\n");

FIXTURE_NOTHING
FIXTURE_PLUGIN
