/* A parameter that is required and has a default. Rule: manifest.defaults. */
#include "../include/fixture.h"

BH_MANIFEST({
  "id": "required-default",
  "version": "1.0.0",
  "title": "Fixture",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "title": "Act", "description": "Does nothing.",
     "parameters": {"type": "object", "required": ["n"],
       "properties": {"n": {"type": "integer", "title": "Number", "maximum": 9, "default": 1}}}}
  ]
});

FIXTURE_NOTHING
FIXTURE_PLUGIN
