/* libvirt: makes, switches and deletes virtual machines, over the real libvirt API, and reads them into records.
 *
 * What it promises: a run of server.create that does not succeed leaves neither machine nor record. Where the
 * machine cannot be deleted, the record stays and names it (status "left_behind", external_id = its UUID). A
 * machine that was there before is never touched.
 *
 * How it keeps that, whatever fails and whenever:
 *  - The machine's UUID is chosen here, first, and stands in the record before the machine exists.
 *  - Each clean-up is pushed before the step that it undoes, and looks for its thing by that UUID alone.
 *  - Clean-ups run last first: stop, undefine, then the record, which goes only when the machine is gone.
 *
 * libvirt's calls cannot be interrupted: a checkpoint stands before and after each that changes something.
 *
 * Build: cc -shared -fPIC -I $SDK/include libvirt.c -o libvirt.so -lvirt
 */
#include <bulkhead/all.h>

#include "create.h"
#include "delete.h"
#include "power.h"
#include "refresh.h"

BH_MANIFEST({
  "id": "libvirt",
  "version": "1.0.0",
  "title": "Virtual machines",
  "description": "Makes, switches and deletes virtual machines with libvirt, and reads them into the records.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "server.create",
      "kind": "action",
      "title": "Make a server",
      "description": "Defines and starts a virtual machine, and records it as a server.",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "name": {"type": "string", "title": "Host name", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
          "memory_mib": {"type": "integer", "title": "Memory in MiB", "minimum": 64, "maximum": 1048576,
                         "default": 512},
          "cpus": {"type": "integer", "title": "Virtual CPUs", "minimum": 1, "maximum": 64, "default": 1},
          "uri": {"type": "string", "title": "Connection", "minLength": 1, "maxLength": 1024, "default": "test:///default"}
        },
        "required": ["name"]
      },
      "result": {
        "type": "object",
        "properties": {
          "name": {"type": "string"},
          "uuid": {"type": "string"},
          "record": {"type": "integer", "description": "Id of the server record."}
        },
        "required": ["name", "uuid", "record"]
      },
      "deadline_ms": 600000,
      "cleanup_ms": 60000
    },
    {
      "name": "server.delete",
      "kind": "action",
      "title": "Delete a server",
      "description": "Stops and deletes a virtual machine and its record. No machine is no error.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "name": {"type": "string", "title": "Host name", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
          "uri": {"type": "string", "title": "Connection", "minLength": 1, "maxLength": 1024, "default": "test:///default"}
        },
        "required": ["name"]
      },
      "result": {
        "type": "object",
        "properties": {"deleted": {"type": "boolean", "description": "True when there was a machine."}},
        "required": ["deleted"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "server.power",
      "kind": "action",
      "title": "Switch a server",
      "description": "Turns a virtual machine on or off, or restarts it, and waits until it is so.",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "name": {"type": "string", "title": "Host name", "pattern": "^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$"},
          "power": {
            "type": "string",
            "title": "What to do",
            "description": "reboot asks the guest to restart, reset does not ask.",
            "enum": ["on", "off", "reboot", "reset"]
          },
          "timeout_s": {"type": "integer", "title": "Seconds to wait", "minimum": 1, "maximum": 86400,
                        "default": 120},
          "force": {"type": "boolean", "title": "Pull the plug when that takes longer",
                    "default": false},
          "uri": {"type": "string", "title": "Connection", "minLength": 1, "maxLength": 1024, "default": "test:///default"}
        },
        "required": ["name", "power"]
      },
      "result": {
        "type": "object",
        "properties": {
          "changed": {"type": "boolean", "description": "False when it was so already."},
          "forced": {"type": "boolean", "description": "True when the plug was pulled."}
        },
        "required": ["changed", "forced"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "inventory.refresh",
      "kind": "action",
      "title": "Read all machines",
      "description": "Brings the records of a connection's machines up to date.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "uri": {"type": "string", "title": "Connection", "minLength": 1, "maxLength": 1024, "default": "test:///default"},
          "handler": {"type": "string", "title": "Resource handler", "minLength": 1, "maxLength": 1024,
                      "description": "Name of its record, which is made if there is none. The connection, unless given."},
          "vanished": {"type": "string", "title": "Records of machines that are gone",
                       "enum": ["mark", "remove"], "default": "mark"}
        }
      },
      "result": {
        "type": "object",
        "properties": {
          "machines": {"type": "integer"},
          "created": {"type": "integer"},
          "changed": {"type": "integer"},
          "vanished": {"type": "integer"},
          "left_out": {"type": "integer", "description": "Machines whose name another server has."}
        },
        "required": ["machines", "created", "changed", "vanished", "left_out"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ],
  "records": [],
  "secrets": []
});

static const bh_action actions[] = {
  BH_ACTION("server.create", server_create),
  BH_ACTION("server.delete", server_delete),
  BH_ACTION("server.power", server_power),
  BH_ACTION("inventory.refresh", inventory_refresh),
};
BH_PLUGIN(actions)
