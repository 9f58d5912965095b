/* SwiftPM wants one source in a C target. */
#include "all.h"
