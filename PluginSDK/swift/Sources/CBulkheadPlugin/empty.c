/* SwiftPM wants one source in a C target. The headers are in `include`, a link to those of the SDK. */
#include <bulkhead/all.h>
