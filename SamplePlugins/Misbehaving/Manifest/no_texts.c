/* An action that says nothing of itself. Rule: manifest.texts. */
#include "../include/fixture.h"

BH_MANIFEST({
  "id": "no-texts",
  "version": "1.0.0",
  "title": "Fixture",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "parameters": {"type": "object", "properties": {}}}
  ]
});

FIXTURE_NOTHING
FIXTURE_PLUGIN
