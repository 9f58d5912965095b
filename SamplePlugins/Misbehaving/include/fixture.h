/* What the fixtures have in common: a manifest that is right, with one action named "act". */
#ifndef BULKHEAD_FIXTURE_H
#define BULKHEAD_FIXTURE_H

#include <bulkhead/all.h>

/* `parameters` and `result` are the members of the two schemas, as JSON in a C string. */
#define FIXTURE(id, parameters, result)                                                                    \
  BH_MANIFEST_STRING("{\"id\":\"" id "\",\"version\":\"1.0.0\",\"title\":\"Fixture " id "\","               \
                     "\"abi\":{\"built\":1,\"min_host\":1},\"actions\":[{\"name\":\"act\","                 \
                     "\"title\":\"Act\",\"description\":\"Does what the fixture is for.\","                 \
                     "\"repeat\":\"idempotent\",\"parameters\":{\"type\":\"object\"" parameters "},"         \
                     "\"result\":{\"type\":\"object\"" result "}}]}")

/* An action that does nothing, for fixtures whose fault lies elsewhere. */
#define FIXTURE_NOTHING                     \
  static int32_t act(bh_ctx *ctx) {         \
    (void)ctx;                              \
    return BH_OK;                           \
  }

#define FIXTURE_PLUGIN                                                 \
  static const bh_action actions[] = {BH_ACTION("act", act)};          \
  BH_PLUGIN(actions)

#endif
