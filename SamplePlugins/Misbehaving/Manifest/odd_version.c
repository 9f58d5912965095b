/* A version that nothing can be ordered by. Rule: manifest.version. */
#include "../include/fixture.h"

BH_MANIFEST({
  "id": "odd-version",
  "version": "newest",
  "title": "Fixture",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "title": "Act", "description": "Does nothing.",
     "parameters": {"type": "object", "properties": {}}}
  ]
});

FIXTURE_NOTHING
FIXTURE_PLUGIN
