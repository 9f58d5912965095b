/* Made from the Swift types of the plug-in's actions. Change those, and make it anew. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "dns-zone",
  "version": "1.0.0",
  "title": "DNS zones",
  "description": "Writes a name server's zone file from the servers' records.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "write",
      "kind": "action",
      "title": "Write a zone file",
      "description": "Replaces the file in one step when a name or an address has changed.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "zone": {
            "type": "string",
            "title": "Zone",
            "description": "example.org, without a dot at its end.",
            "format": "hostname"
          },
          "path": {
            "type": "string",
            "title": "Zone file",
            "description": "Absolute path on the worker's machine.",
            "maxLength": 4000,
            "pattern": "^/"
          },
          "primary": {
            "type": "string",
            "title": "Primary name server",
            "description": "Its full name.",
            "format": "hostname"
          },
          "contact": {
            "type": "string",
            "title": "Contact",
            "description": "Mail address as DNS writes it: hostmaster.example.org.",
            "format": "hostname"
          },
          "ttl": {
            "type": "integer",
            "title": "Time to live in seconds",
            "minimum": 60,
            "maximum": 604800,
            "default": 3600
          },
          "environment": {
            "type": "string",
            "title": "Only servers of this environment",
            "minLength": 1,
            "maxLength": 256
          },
          "status": {
            "type": "string",
            "title": "Only servers with this status",
            "minLength": 1,
            "maxLength": 64,
            "default": "active"
          }
        },
        "required": ["zone", "path", "primary", "contact"]
      },
      "result": {
        "type": "object",
        "properties": {
          "changed": {"type": "boolean"},
          "serial": {"type": "integer", "minimum": 0, "maximum": 4294967295},
          "entries": {"type": "integer"},
          "left_out": {"type": "array", "items": {"type": "string"}}
        },
        "required": ["changed", "serial", "entries", "left_out"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "check",
      "kind": "action",
      "title": "Compare a zone file with the records",
      "description": "Writes nothing. Lines that differ end the job with a warning.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "zone": {
            "type": "string",
            "title": "Zone",
            "description": "example.org, without a dot at its end.",
            "format": "hostname"
          },
          "path": {
            "type": "string",
            "title": "Zone file",
            "description": "Absolute path on the worker's machine.",
            "maxLength": 4000,
            "pattern": "^/"
          },
          "primary": {
            "type": "string",
            "title": "Primary name server",
            "description": "Its full name.",
            "format": "hostname"
          },
          "contact": {
            "type": "string",
            "title": "Contact",
            "description": "Mail address as DNS writes it: hostmaster.example.org.",
            "format": "hostname"
          },
          "ttl": {
            "type": "integer",
            "title": "Time to live in seconds",
            "minimum": 60,
            "maximum": 604800,
            "default": 3600
          },
          "environment": {
            "type": "string",
            "title": "Only servers of this environment",
            "minLength": 1,
            "maxLength": 256
          },
          "status": {
            "type": "string",
            "title": "Only servers with this status",
            "minLength": 1,
            "maxLength": 64,
            "default": "active"
          }
        },
        "required": ["zone", "path", "primary", "contact"]
      },
      "result": {
        "type": "object",
        "properties": {
          "missing": {"type": "array", "items": {"type": "string"}},
          "stale": {"type": "array", "items": {"type": "string"}}
        },
        "required": ["missing", "stale"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ]
});
