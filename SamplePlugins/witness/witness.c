/* witness: writes down, outside the engine, that an action was entered. Tests kill the engine at bad moments
 * and then compare what it says with what this file says.
 *
 * The first thing that a run does is one append of "<job id> <fence>\n" and an fdatasync: no host call comes
 * before it but the reading of the parameter. With O_APPEND the line is whole, however many write.
 *
 * Build: cc -shared -fPIC -I $SDK/include witness.c -o witness.so
 */
#include <bulkhead/all.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Two actions that differ only in `repeat`. */
BH_MANIFEST({
  "id": "witness",
  "version": "1.0.0",
  "title": "Witness",
  "description": "Notes each entry in a file of its own, for tests that kill the engine.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "never",
      "kind": "action",
      "title": "Must not run twice",
      "description": "Notes the entry, works for a while, ends as asked.",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "file": {"type": "string", "title": "Witness file", "pattern": "^/", "minLength": 2},
          "work_ms": {"type": "integer", "title": "Milliseconds of work", "minimum": 0, "default": 0},
          "outcome": {"type": "string", "enum": ["succeeded", "warning", "failed"], "default": "succeeded"}
        },
        "required": ["file"]
      },
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "idempotent",
      "kind": "action",
      "title": "May run again",
      "description": "Notes the entry, works for a while, ends as asked.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "file": {"type": "string", "title": "Witness file", "pattern": "^/", "minLength": 2},
          "work_ms": {"type": "integer", "title": "Milliseconds of work", "minimum": 0, "default": 0},
          "outcome": {"type": "string", "enum": ["succeeded", "warning", "failed"], "default": "succeeded"}
        },
        "required": ["file"]
      },
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ],
  "records": [],
  "secrets": []
});

/* Work is slept in steps of this length, each with a checkpoint. */
#define STEP_MS 5

static int32_t note_entry(bh_ctx *ctx, const char *file) {
  char line[64];
  int length = snprintf(line, sizeof line, "%llu %llu\n", (unsigned long long)ctx->job_id,
                        (unsigned long long)ctx->fence);
  int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return bh_failf(ctx, BH_IO, "cannot open %s: %s", file, strerror(errno));
  int32_t code = BH_OK;
  if (write(fd, line, (size_t)length) != length || fdatasync(fd) != 0)
    code = bh_failf(ctx, BH_IO, "cannot write %s: %s", file, strerror(errno));
  close(fd);
  return code;
}

static int32_t enter(bh_ctx *ctx) {
  int32_t code = note_entry(ctx, bh_param_str(ctx, "file", ""));
  if (code < 0) return code;

  const int64_t work_ms = bh_param_i64(ctx, "work_ms", 0);
  for (int64_t done_ms = 0; done_ms < work_ms; done_ms += STEP_MS) {
    const int64_t left_ms = work_ms - done_ms;
    if ((code = bh_checkpoint(ctx)) < 0) return code;
    if ((code = bh_sleep(ctx, (uint64_t)(left_ms < STEP_MS ? left_ms : STEP_MS))) < 0) return code;
  }

  const char *outcome = bh_param_str(ctx, "outcome", "succeeded");
  if (strcmp(outcome, "failed") == 0) return bh_fail(ctx, BH_REMOTE, "failed as asked");
  return strcmp(outcome, "warning") == 0 ? BH_WARNING : BH_OK;
}

static const bh_action actions[] = {BH_ACTION("never", enter), BH_ACTION("idempotent", enter)};
BH_PLUGIN(actions)
