/* A parameter that says nothing of itself. Rule: manifest.parameters. */
#include "../include/fixture.h"

BH_MANIFEST({
  "id": "bare-parameters",
  "version": "1.0.0",
  "title": "Fixture",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "title": "Act", "description": "Does nothing.",
     "parameters": {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}}}
  ]
});

FIXTURE_NOTHING
FIXTURE_PLUGIN
