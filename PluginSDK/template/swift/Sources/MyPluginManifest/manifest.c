/* Made from the Swift types of the plug-in's actions. Change those, and make it anew. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "my-plugin",
  "version": "1.0.0",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "environment.create",
      "kind": "action",
      "title": "Create an environment",
      "description": "Makes the record of an environment and prepares it step by step.",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "name": {
            "type": "string",
            "title": "Name of the environment",
            "minLength": 1,
            "maxLength": 100
          },
          "steps": {
            "type": "integer",
            "title": "How many steps to take",
            "minimum": 1,
            "maximum": 100,
            "default": 5
          },
          "pause_ms": {
            "type": "integer",
            "title": "Pause after each step",
            "minimum": 0,
            "maximum": 60000,
            "default": 100
          }
        },
        "required": ["name"]
      },
      "result": {
        "type": "object",
        "properties": {"environment": {"type": "integer"}, "steps": {"type": "integer"}},
        "required": ["environment", "steps"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ]
});
