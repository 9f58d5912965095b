/* A password that is shown to everybody. Rule: manifest.secrets. */
#include "../include/fixture.h"

BH_MANIFEST({
  "id": "open-secret",
  "version": "1.0.0",
  "title": "Fixture",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "act", "title": "Act", "description": "Does nothing.",
     "parameters": {"type": "object", "properties": {"admin_password": {"type": "string", "title": "Password"}}}}
  ]
});

FIXTURE_NOTHING
FIXTURE_PLUGIN
