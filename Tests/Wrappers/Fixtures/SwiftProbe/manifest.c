/* Made from the Swift types of the plug-in's actions. Change those, and make it anew. */
#include <bulkhead/all.h>

BH_MANIFEST({
  "id": "swift-probe",
  "version": "1.0.0",
  "title": "Swift probe",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "echo",
      "kind": "action",
      "title": "echo",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "text": {"type": "string", "title": "Text", "minLength": 1},
          "count": {"type": "integer", "minimum": 0, "maximum": 100, "default": 7},
          "ratio": {"type": "number", "default": 0.5},
          "flag": {"type": "boolean", "default": true},
          "colour": {"type": "string", "enum": ["red", "green"]},
          "disk": {
            "type": "object",
            "properties": {
              "size_gib": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 20},
              "fast": {"type": "boolean"}
            }
          },
          "tags": {"type": "array", "default": [], "items": {"type": "string"}},
          "labels": {"type": "object", "properties": {}, "additionalProperties": true}
        },
        "required": ["text", "colour"]
      },
      "result": {
        "type": "object",
        "properties": {
          "given": {
            "type": "object",
            "properties": {
              "text": {"type": "string"},
              "count": {"type": "integer"},
              "ratio": {"type": "number"},
              "flag": {"type": "boolean"},
              "colour": {"type": "string", "enum": ["red", "green"]},
              "disk": {
                "type": "object",
                "properties": {
                  "size_gib": {"type": "integer", "minimum": 0, "maximum": 65535},
                  "fast": {"type": "boolean"}
                },
                "required": ["size_gib"]
              },
              "tags": {"type": "array", "items": {"type": "string"}},
              "labels": {"type": "object", "properties": {}, "additionalProperties": true}
            },
            "required": ["text", "count", "ratio", "flag", "colour", "tags"]
          },
          "raw": {"type": "string"},
          "small": {"type": "integer", "minimum": -128, "maximum": 127},
          "nothing": {"type": "string"}
        },
        "required": ["given", "raw", "small"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "throw",
      "kind": "action",
      "title": "throw",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {"what": {"type": "string", "enum": ["failure", "coded", "odd", "ok", "infinite"]}},
        "required": ["what"]
      },
      "result": {
        "type": "object",
        "properties": {"number": {"type": "number"}},
        "required": ["number"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "warn",
      "kind": "action",
      "title": "warn",
      "repeat": "never",
      "parameters": {"type": "object", "properties": {}},
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "wait",
      "kind": "action",
      "title": "wait",
      "repeat": "never",
      "parameters": {"type": "object", "properties": {}},
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "clean",
      "kind": "action",
      "title": "clean",
      "repeat": "never",
      "parameters": {"type": "object", "properties": {"end": {"type": "string"}}, "required": ["end"]},
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 5000
    },
    {
      "name": "records",
      "kind": "action",
      "title": "records",
      "repeat": "never",
      "parameters": {"type": "object", "properties": {}},
      "result": {
        "type": "object",
        "properties": {
          "hostname": {"type": "string"},
          "cpus": {"type": "integer"},
          "conflict": {"type": "integer", "minimum": -2147483648, "maximum": 2147483647},
          "found": {"type": "integer"},
          "left": {"type": "integer"},
          "unknown": {"type": "string"}
        },
        "required": ["conflict", "found", "left", "unknown"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "stepwise",
      "kind": "action",
      "title": "stepwise",
      "repeat": "steps",
      "parameters": {
        "type": "object",
        "properties": {"broken": {"type": "boolean"}},
        "required": ["broken"]
      },
      "result": {
        "type": "object",
        "properties": {
          "made": {"type": "string"},
          "isToken": {"type": "boolean"},
          "odd": {"type": "boolean"},
          "found": {"type": "string"},
          "again": {"type": "string"}
        },
        "required": ["made", "isToken", "odd", "found", "again"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ]
});
