/* A text of any length. Rule: manifest.bounds. */
#include "../include/fixture.h"

BH_MANIFEST({
  "id": "no-bounds",
  "version": "1.0.0",
  "title": "Fixture",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "title": "Act", "description": "Does nothing.",
     "parameters": {"type": "object", "properties": {"text": {"type": "string", "title": "Text"}}}}
  ]
});

FIXTURE_NOTHING
FIXTURE_PLUGIN
