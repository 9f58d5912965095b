/* Looks like a Swift plug-in that another toolchain made. Rule: code.toolchain.
 *
 * Flags: -fvisibility=default
 */
#include "../include/fixture.h"

FIXTURE("swift-runtime", "", "");

__asm__(".pushsection .swift_modhash,\"\",%progbits\n.asciz \"0\"\n.popsection\n");
__asm__(".ident \"clang version 1.0.0 (https://github.com/swiftlang/llvm-project.git 0)\"\n");
extern void *swift_retain(void *object) __attribute__((weak));
void *fixture_retain(void);
void *fixture_retain(void) { return swift_retain ? swift_retain(NULL) : NULL; }

FIXTURE_NOTHING
FIXTURE_PLUGIN
